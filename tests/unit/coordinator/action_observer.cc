#include "tests/unit/coordinator/action_observer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace descent {
namespace {

// The arrows of the state machine; "" is before the job's creation.
bool IsAllowed(const std::string& from, const std::string& to) {
  static const std::map<std::string, std::set<std::string>> kArrows = {
      {"QUEUED", {"STARTING", "CANCELLED", "SUSPENDED", "SUCCEEDED", "FAILED"}},
      {"STARTING", {"RUNNING", "QUEUED", "RECOVERING", "FAILED", "CANCELLING", "SUSPENDING"}},
      {"RUNNING", {"RECOVERING", "SUCCEEDED", "FAILED", "CANCELLING", "SUSPENDING", "STOPPING"}},
      {"RECOVERING", {"STARTING", "CANCELLED", "RECOVERING", "SUSPENDED", "SUCCEEDED", "FAILED"}},
      {"SUSPENDING", {"SUSPENDED", "QUEUED", "SUCCEEDED", "FAILED", "CANCELLING", "SUSPENDING"}},
      {"SUSPENDED", {"QUEUED", "CANCELLED", "SUCCEEDED"}},
      {"STOPPING", {"SUCCEEDED", "FAILED", "CANCELLING", "RECOVERING"}},
      {"CANCELLING", {"CANCELLED"}},
  };
  const auto arrows = kArrows.find(from);
  return arrows != kArrows.end() && arrows->second.contains(to);
}

// What a launcher tells explains an end that is on record.
bool IsExplanation(const StoreJob& store) {
  return store.event_type.empty() && store.from_state.empty();
}

}  // namespace

void ActionObserver::Observe(const Action& action) {
  std::visit([this](const auto& known) { On(known); }, action);
}

void ActionObserver::ForgetVolatile() {
  recorded_.clear();
  granted_.clear();
}

bool ActionObserver::AllJobsAreTerminal() const {
  return std::all_of(jobs_.begin(), jobs_.end(),
                     [](const auto& entry) { return IsTerminal(entry.second.state); });
}

void ActionObserver::On(const StoreJob& store) {
  const Job& job = store.job;
  const auto before = jobs_.find(job.id);
  if (before != jobs_.end() && IsExplanation(store)) {
    Require(job.state == before->second.state, job.id + " changed its state without an event");
    before->second = job;
    return;
  }
  Require((store.event_type == "Created") == (before == jobs_.end()), job.id + " is created once");
  if (before != jobs_.end()) {
    const bool is_of_a_checkpoint = store.event_type.starts_with("Checkpoint");
    Require(!IsTerminal(before->second.state) || store.event_type == "Updated" ||
                (is_of_a_checkpoint && store.event_type != "CheckpointWritten"),
            job.id + " changed after its end");
    Require(store.from_state == JobStateName(before->second.state), job.id + " skipped a state");
    const bool is_event_alone = is_of_a_checkpoint || store.event_type == "CoordinatorRestarted" ||
                                store.event_type == "Updated" || store.event_type.empty() ||
                                store.event_type == "WorkersReattached";
    if (!is_event_alone)
      Require(IsAllowed(store.from_state, store.to_state),
              fmt::format("{} went {} -> {}", job.id, store.from_state, store.to_state));
    // The step of a job that has succeeded is that of its result.
    Require(job.step >= before->second.step || job.state == JobState::kSucceeded,
            job.id + " lost progress");
    Require(job.attempt.generation >= before->second.attempt.generation,
            job.id + " went back to an older generation");
  }
  Require(!store.reason.empty() && !store.message.empty(), job.id + " changed without a reason");
  Require(IsTerminal(job.state) == (job.end_time != 0), job.id + " has an end only at its end");
  Require(before == jobs_.end() || job.active_seconds >= before->second.active_seconds,
          job.id + " was active for less than before");
  Require(std::is_sorted(job.checkpoints.begin(), job.checkpoints.end(),
                         [](const auto& a, const auto& b) { return a.step < b.step; }),
          job.id + " has checkpoints out of order");
  if (before != jobs_.end()) {
    ObserveCheckpoints(before->second, store);
    ObserveResize(before->second, store);
  }
  if (IsTerminal(job.state)) recorded_.erase(job.id);
  jobs_[job.id] = job;
}

// Only a job that holds ranks is resized, it is told once, and that is no restart.
void ActionObserver::ObserveResize(const Job& before, const StoreJob& store) {
  const Job& job = store.job;
  if (store.reason == kResizing && store.event_type == "StateChanged")
    Require(before.state == JobState::kStarting || before.state == JobState::kRunning,
            job.id + " was resized without ranks");
  if (store.reason == kResized && job.state == JobState::kQueued)
    Require(job.attempts_without_progress <= before.attempts_without_progress,
            job.id + " used up a restart for a resize");
  if (before.state_reason == kResized && job.state == JobState::kStarting) ++resizes_;
}

void ActionObserver::ObserveCheckpoints(const Job& before, const StoreJob& store) {
  const Job& job = store.job;
  const auto is_pinned = [](const CheckpointRecord& checkpoint) { return checkpoint.is_pinned; };
  const auto is_awaited = [this](const CheckpointRecord& checkpoint) {
    return std::ranges::any_of(jobs_, [&](const auto& entry) {
      const Job& other = entry.second;
      return !IsTerminal(other.state) && other.checkpoints.empty() &&
             other.start_checkpoint == checkpoint.directory;
    });
  };
  // The best one and those that are pinned or that a fork is to start from may be kept beside the
  // newest.
  const auto is_kept = [&](const CheckpointRecord& checkpoint) {
    return is_pinned(checkpoint) || is_awaited(checkpoint);
  };
  if (store.event_type == "CheckpointWritten" &&
      std::ssize(job.checkpoints) > job.spec.checkpoint.keep_last + 1)
    Require(std::ssize(job.checkpoints) <=
                job.spec.checkpoint.keep_last + 1 + std::ranges::count_if(job.checkpoints, is_kept),
            job.id + " keeps too many checkpoints");
  for (const CheckpointRecord& checkpoint : before.checkpoints)
    Require(!checkpoint.is_pinned ||
                std::ranges::count(job.checkpoints, checkpoint.step, &CheckpointRecord::step) == 1,
            job.id + " lost a checkpoint that was pinned");
  Require(job.attempt.save_requests_done <= job.attempt.save_requests,
          job.id + " was saved more often than asked");
  if (IsTerminal(before.state) || before.checkpoints.empty()) return;
  Require(!job.checkpoints.empty() && job.checkpoints.back().step >= before.checkpoints.back().step,
          job.id + " lost the checkpoint that it goes on from");
}

void ActionObserver::On(const ForgetJob& forget) {
  const auto job = jobs_.find(forget.job_id);
  Require(job != jobs_.end() && IsTerminal(job->second.state),
          forget.job_id + " was forgotten before its end");
  if (job != jobs_.end()) jobs_.erase(job);
  recorded_.erase(forget.job_id);
}

void ActionObserver::On(const StoreGeneration& store) {
  Require(store.generation > generation_, "a generation did not grow");
  generation_ = store.generation;
}

void ActionObserver::On(const RecordMetrics& record) {
  Require(!record.points.empty(), "nothing was recorded");
  auto& recorded = recorded_[record.job_id];
  for (const MetricPoint& point : record.points)
    Require(recorded.insert({point.name, point.step}).second,
            fmt::format("{} recorded {} of step {} twice", record.job_id, point.name, point.step));
}

void ActionObserver::On(const SendToWorker& send) {
  if (const auto* assign = std::get_if<Assign>(&send.message))
    Require(assign->generation == generation_, "an assignment's generation was not stored");
  const auto* grant = std::get_if<GrantSteps>(&send.message);
  if (grant == nullptr) return;
  const auto [granted, is_first] =
      granted_.try_emplace({send.session, grant->generation}, grant->first);
  Require(granted->second == grant->first, grant->job + " has a gap between grants");
  Require(grant->first < grant->last || (is_first && grant->is_final),
          grant->job + " has an empty grant");
  granted->second = grant->last;
}

void ActionObserver::Require(bool is_met, const std::string& what) {
  if (!is_met) violations_.push_back(what);
}

}  // namespace descent
