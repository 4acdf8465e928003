#pragma once

#include <csignal>
#include <string>
#include <vector>

namespace descent {

// A signal that mpirun passes on to what it has started.
inline constexpr int kEndRanks = SIGUSR1;

// What a child that could not become the program leaves with, as shells have it.
inline constexpr int kExecFailed = 127;

// The process between mpirun and one rank, on every host. It runs `arguments` (a path first) as its
// child, tells its start and its end as RankReports on standard error, and never leaves it behind:
//   - the rank ends: its process for the output (worker/output_relay.h) is waited for, for two
//   seconds;
//   - its parent ends, however: the child is killed at once, and traces of the MPI job are removed;
//   - the rank's end is told: a process that outlives this one removes what mpirun leaves of
//   itself;
//   - kEndRanks: the child gets SIGTERM, saves the state of its job, and is killed if that takes
//     longer than it may (launch/leave_time.h);
//   - SIGTERM or SIGINT: the same, but it is killed before mpirun would kill this process.
// Returns the exit code to leave with: the child's, or 128 and its signal.
int RunRank(std::vector<std::string> arguments);

}  // namespace descent
