#include "worker/train/step_control.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace descent {

void StepControl::PutBegin(const Begin& begin) {
  const std::lock_guard lock(mutex_);
  if (!begin_) begin_ = begin;
  changed_.notify_all();
}

void StepControl::PutGrant(GrantSteps grant) {
  const std::lock_guard lock(mutex_);
  // What happens after a step follows from the spec, so a grant that ends where an older one did
  // says the same.
  if (granted_ && grant.last <= *granted_) return;
  if (granted_) grant.first = std::max(grant.first, *granted_);
  granted_ = grant.last;
  grants_.push_back(std::move(grant));
  changed_.notify_all();
}

std::optional<std::int64_t> StepControl::granted() const {
  const std::lock_guard lock(mutex_);
  return granted_;
}

void StepControl::RequestStop(StopMode mode) {
  DESCENT_CHECK(mode != StopMode::kAbort);
  const std::lock_guard lock(mutex_);
  requests_.stop = true;
  requests_.evaluate_test |= mode == StopMode::kFinal;
  is_told_to_stop_ = true;
  changed_.notify_all();
}

void StepControl::ProposeStop() {
  const std::lock_guard lock(mutex_);
  requests_.stop = true;
}

void StepControl::RequestCheckpoint(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  requests_.checkpoint = std::max(requests_.checkpoint, number);
}

void StepControl::Abort() {
  // The callback runs under the lock: SetOnAbort({}) then returns only when it is over, and what it
  // refers to may go. It only raises a flag, so nothing waits for long.
  const std::lock_guard lock(mutex_);
  if (is_aborted_) return;
  is_aborted_ = true;
  if (on_abort_) on_abort_();
  changed_.notify_all();
}

void StepControl::SetOnAbort(std::function<void()> on_abort) {
  const std::lock_guard lock(mutex_);
  on_abort_ = std::move(on_abort);
  if (is_aborted_ && on_abort_) on_abort_();
}

std::optional<Begin> StepControl::WaitForBegin() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return begin_ || is_told_to_stop_ || is_aborted_; });
  if (is_aborted_) return std::nullopt;
  return begin_;
}

std::optional<GrantSteps> StepControl::WaitForGrant() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !grants_.empty() || is_told_to_stop_ || is_aborted_; });
  if (is_aborted_ || grants_.empty()) return std::nullopt;
  const GrantSteps grant = grants_.front();
  grants_.pop_front();
  return grant;
}

bool StepControl::has_begun() const {
  const std::lock_guard lock(mutex_);
  return begin_.has_value();
}

bool StepControl::has_grants() const {
  const std::lock_guard lock(mutex_);
  return !grants_.empty();
}

StepRequests StepControl::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool StepControl::is_aborted() const {
  const std::lock_guard lock(mutex_);
  return is_aborted_;
}

}  // namespace descent
