#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/api/types.h"
#include "common/job_spec.h"
#include "common/result.h"

namespace descent {

// What the coordinator has of a step of a job, and what it takes to compute it again. Digests are
// 32 hex digits; empty: none was recorded.
struct RecordedStep {
  std::string job;
  std::int64_t step = 0;  // steps done
  JobSpec spec;
  std::string start_checkpoint;  // a directory; empty: from the job's start
  std::string instruction_set;
  std::string worker_version;
  std::string dataset_fingerprint;
  bool is_nonfinite = false;
  std::optional<double> loss;       // absent: the step was not finite, or it is not known
  std::optional<double> grad_norm;  // the same
  std::string parameters_digest;
  std::string state_digest;
  std::vector<AttemptView> attempts;  // ascending
};

// What `descent-worker --replay` prints.
struct ReplayedStep {
  std::int64_t from_step = 0;
  std::optional<double> loss;
  std::optional<double> grad_norm;
  std::string parameters_digest;
  std::string state_digest;
  std::string dataset_fingerprint;
};

// kInternal: it is not that.
Result<ReplayedStep> ReadReplayedStep(const std::string& output);

// One thing that a step has, before and now.
struct ComparedValue {
  std::string name;
  std::string recorded;  // empty: it was not
  std::string recomputed;

  bool is_compared() const { return !recorded.empty(); }
  bool is_equal() const { return recorded == recomputed; }
};

struct StepComparison {
  std::string job;
  std::int64_t step = 0;
  std::int64_t from_step = 0;
  std::vector<ComparedValue> values;
  std::string worker_version;            // of the job, if it is not this program's; else empty
  bool has_other_data = false;           // than the job read
  std::vector<std::string> workers;      // that computed it: "HOST/WORLD_RANK", by rank
  std::vector<std::string> divergences;  // why attempts ended whose ranks had different states

  bool is_equal() const;  // all that was recorded is what was computed again
};

StepComparison Compare(const RecordedStep& recorded, const ReplayedStep& replayed);

// A line for each value, and what follows from them.
std::string ComparisonText(const StepComparison& comparison);
std::string ToJson(const StepComparison& comparison);

}  // namespace descent
