#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace descent {

struct SimulationOptions {
  std::uint64_t seed = 1;
  int workers = 16;
  double fault_hours = 0.05;  // of faults and requests; what has not ended then goes on in peace
  double fault_gap_seconds = 10;  // between two faults, on average
  bool has_deadlines = true;  // they count time in which no coordinator was there by its wall clock
  bool sets_wall_clock = true;  // else what would set it does nothing
  bool prints_trace = false;    // to stdout
};

struct SimulationReport {
  std::uint64_t trace = 0;  // a hash of all that the coordinator was told and did
  double seconds = 0;       // of simulated time
  std::int64_t events = 0;  // that a coordinator has applied
  std::int64_t steps = 0;   // that gangs have computed
  std::int64_t resizes = 0;
  std::map<std::string, std::int64_t> faults;  // by kind
  std::map<std::string, std::int64_t> ends;    // of jobs, by state
  std::vector<std::string> violations;         // the first of them end the simulation
};

}  // namespace descent
