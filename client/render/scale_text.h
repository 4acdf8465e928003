#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

// What a training step costs where one worker does all of it, and what workers exchange.
struct StepCosts {
  std::int64_t samples = 0;  // of a step
  std::int64_t logical_workers = 1;
  double plans_seconds = 0;     // forward and backward, of all samples
  double addition_seconds = 0;  // of the gradients of one logical worker to those of another
  double update_seconds = 0;
  double gradient_bytes = 0;
  std::int64_t buckets = 1;  // that are reduced one after the other
};

// Between any two workers, each on a machine of its own.
struct NetworkRates {
  double bytes_per_second = 0;
  double latency_seconds = 0;  // of a message
};

// A step on so many workers.
struct ScalePoint {
  std::int64_t workers = 1;
  std::int64_t samples = 0;  // of the worker that has the most
  double compute_seconds = 0;
  double exchange_seconds = 0;

  double Seconds() const { return compute_seconds + exchange_seconds; }
};

// The explanation of a step on one worker (worker/explain), in JSON. kInternal: it is none.
Result<StepCosts> ReadStepCosts(const std::string& explanation, const JobSpec& spec);

// With a power of two of logical workers, at least as many as workers; no more than samples. An
// exchange is a reduce-scatter and an all-gather by halving and doubling, and nothing of it is
// hidden by the backward pass.
ScalePoint PredictStep(const StepCosts& costs, const NetworkRates& network, std::int64_t workers);

// Twice as many each time, from the first to the last.
std::vector<std::int64_t> WorkerCounts(std::int64_t first, std::int64_t last);

// A line for each count of workers; the efficiency is the speedup over one worker by their number.
std::string ScaleText(const StepCosts& costs, const NetworkRates& network,
                      const std::vector<std::int64_t>& counts);
// The same for programs: a list of objects.
std::string ScaleJson(const StepCosts& costs, const NetworkRates& network,
                      const std::vector<std::int64_t>& counts);

}  // namespace descent
