#include "coordinator/webhook_event.h"

#include <array>

namespace descent {
namespace {

constexpr std::string_view kCreated = "JobCreated";
constexpr std::string_view kStarted = "JobStarted";
constexpr std::string_view kRecovering = "JobRecovering";
constexpr std::string_view kSuspended = "JobSuspended";
constexpr std::string_view kSucceeded = "JobSucceeded";
constexpr std::string_view kFailed = "JobFailed";
constexpr std::string_view kCancelled = "JobCancelled";

constexpr std::array kAll = {kCreated,   kStarted, kRecovering, kSuspended,
                             kSucceeded, kFailed,  kCancelled};

}  // namespace

std::span<const std::string_view> AllWebhookEvents() { return kAll; }

WebhookEvents DefaultWebhookEvents() {
  return {std::string(kSucceeded), std::string(kFailed), std::string(kCancelled)};
}

std::string_view WebhookEventOf(const StoreJob& change) {
  if (change.event_type == "Created") return kCreated;
  if (change.from_state == change.to_state) return {};
  switch (change.job.state) {
    case JobState::kRunning:
      return kStarted;
    case JobState::kRecovering:
      return kRecovering;
    case JobState::kSuspended:
      return kSuspended;
    case JobState::kSucceeded:
      return kSucceeded;
    case JobState::kFailed:
      return kFailed;
    case JobState::kCancelled:
      return kCancelled;
    default:
      return {};
  }
}

}  // namespace descent
