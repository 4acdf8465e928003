#include "coordinator/event_payload.h"

#include <spdlog/fmt/fmt.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "coordinator/resource_name.h"

namespace descent {
namespace {

void AddAttempt(const Job& job, EventPayload& payload) {
  if (job.attempt.attempt == 0) return;
  payload["attempt"] = fmt::to_string(job.attempt.attempt);
  payload["generation"] = fmt::to_string(job.attempt.generation);
  payload["workers"] = fmt::to_string(job.attempt.workers.size());
  payload["step"] = fmt::to_string(job.step);
}

void AddFailure(const FailureRecord& failure, EventPayload& payload) {
  if (failure.rank >= 0) payload["rank"] = fmt::to_string(failure.rank);
  if (!failure.host.empty()) payload["host"] = failure.host;
  if (!failure.phase.empty()) payload["phase"] = failure.phase;
  payload["failed_step"] = fmt::to_string(failure.step);
  if (failure.exit_code != 0) payload["exit_code"] = fmt::to_string(failure.exit_code);
  if (failure.signal != 0) payload["signal"] = fmt::to_string(failure.signal);
}

// The one that the event tells of, not one that the job had before.
std::optional<FailureRecord> FailureOf(const StoreJob& change) {
  if (change.event_type == "AttemptEnded") return change.job.attempt.failure;
  if (change.to_state == JobStateName(JobState::kFailed)) return change.job.failure;
  return std::nullopt;
}

}  // namespace

EventPayload PayloadOf(const StoreJob& change) {
  EventPayload payload;
  AddAttempt(change.job, payload);
  if (change.event_type == "CheckpointWritten" && !change.job.checkpoints.empty())
    payload["checkpoint"] = CheckpointNameOf(change.job.id, change.job.checkpoints.back().step);
  if (const auto failure = FailureOf(change)) AddFailure(*failure, payload);
  return payload;
}

std::string ToJson(const EventPayload& payload) {
  return nlohmann::json(payload).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

EventPayload PayloadFromJson(const std::string& json) {
  EventPayload payload;
  const auto read = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!read.is_object()) return payload;
  for (const auto& [name, value] : read.items())
    if (value.is_string()) payload[name] = value.get<std::string>();
  return payload;
}

}  // namespace descent
