#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/job.h"
#include "coordinator/scheduler.h"

namespace descent {

enum class ConditionStatus { kTrue, kFalse, kUnknown };

// One thing that holds of a job, or does not.
struct Condition {
  std::string_view type;  // "QuotaReserved"
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;  // UpperCamelCase
  std::string message;
  double last_transition_time = 0;  // since when it has the status, in seconds since the epoch
};

// Of a job, at `wall` seconds since the epoch; always these, in this order:
//   QuotaReserved      ranks are reserved for it; else why it waits, as `queue_position` has it
//   GangReady          all of them are prepared and agree
//   Progressing        they are ready, and reported a step not long ago
//   CheckpointHealthy  its last save was written; unknown: there was none yet
// None of a job that was not created.
std::vector<Condition> ConditionsOf(const Job& job,
                                    const std::optional<QueuePosition>& queue_position,
                                    double wall);

}  // namespace descent
