#include "coordinator/checkpoint_hold.h"

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

namespace descent {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{2};

std::uint64_t NewHold() {
  static std::atomic<std::uint64_t> last_hold = 0;
  return ++last_hold;
}

}  // namespace

// A hold that was refused may take effect later: it is released however this ends.
Result<CheckpointHold> CheckpointHold::Take(Runtime& runtime, const std::string& job_id,
                                            std::int64_t step) {
  // Shared with the owner thread, which may answer after this caller has given up.
  const auto promise = std::make_shared<std::promise<Status>>();
  std::future<Status> answer = promise->get_future();
  CheckpointHold hold(runtime, job_id, step);
  runtime.CommandCheckpoint(
      {.job_id = job_id, .step = step, .command = CheckpointCommand::kHold, .hold = hold.hold_},
      [promise](const Answer& answered, const State&) { promise->set_value(answered.status); },
      [promise](const Refusal& refusal) { promise->set_value(refusal.status); });
  if (answer.wait_for(kAnswerTimeout) != std::future_status::ready)
    return Status(Code::kUnavailable, "the coordinator is busy; try again");
  DESCENT_RETURN_IF_ERROR(answer.get());
  return hold;
}

CheckpointHold::CheckpointHold(Runtime& runtime, std::string job_id, std::int64_t step)
    : runtime_(&runtime), job_id_(std::move(job_id)), step_(step), hold_(NewHold()) {}

CheckpointHold::CheckpointHold(CheckpointHold&& other) noexcept
    : runtime_(std::exchange(other.runtime_, nullptr)),
      job_id_(std::move(other.job_id_)),
      step_(other.step_),
      hold_(other.hold_) {}

CheckpointHold::~CheckpointHold() {
  if (runtime_ != nullptr) runtime_->ReleaseCheckpoint(job_id_, step_, hold_);
}

}  // namespace descent
