#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"
#include "worker/explain/machine_rates.h"
#include "worker/explain/network_model.h"
#include "worker/explain/step_model.h"

namespace descent {

// How a job's step would take on many workers, for `descent plan`.

enum class ScalingKind {
  kStrong,  // the job as it is: its global batch is shared out
  kWeak,    // each worker keeps the samples that one of workers.max has
};

struct ScalingRequest {
  std::vector<int> workers;  // each at least 1 and at most limits::kLogicalWorkersMax
  Network network;
  ScalingKind kind = ScalingKind::kStrong;
};

struct ScaledStep {
  int workers = 1;
  int hosts = 1;
  std::int64_t logical_workers = 1;
  std::int64_t global_batch = 0;
  StepTimeline timeline;
  double messages = 0;    // of the busiest rank in a step
  double link_bytes = 0;  // through the busiest link, in one direction
  double samples_per_second = 0;
  double efficiency = 0;  // samples per second and worker, over those of one worker alone
  std::int64_t best_bucket_bytes = 0;  // what the program would do best to aim at
  double best_seconds = 0;             // of the step with such buckets
};

struct Scaling {
  MachineRates rates;                 // that it is predicted from
  std::int64_t bucket_bytes = 0;      // what the program aims at
  ScaledStep alone;                   // of one worker
  std::vector<ScaledStep> steps;      // as asked for, without those that cannot be
  std::vector<std::string> left_out;  // why, a sentence each
};

// Predicts the steps of a valid job that fits its data, each worker being as fast as this machine
// is with the threads of one, and its hosts linked by the network. Within a host ranks share
// memory; over several hosts all messages are MPI's (form_collective.h). Where a number of workers
// asks for more logical workers than the job has, it gets them. Blocks for as long as compiling
// takes. kInvalidArgument, kInternal: as Explain.
Result<Scaling> PredictScaling(const JobSpec& spec, const Datasets& datasets,
                               const ScalingRequest& request, const MachineRates& rates);

std::string ToJson(const Scaling& scaling, const ScalingRequest& request);

}  // namespace descent
