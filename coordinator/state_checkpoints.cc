// State's part that does what users ask of checkpoints, and says which of them stay.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "coordinator/retention.h"
#include "coordinator/state.h"

namespace descent {

void State::On(const CommandCheckpoint& event) {
  if (event.command == CheckpointCommand::kRelease) return Release(event);
  const auto sequence = sequences_.find(event.job_id);
  Status status = sequence == sequences_.end()
                      ? Status(Code::kNotFound, "there is no job " + event.job_id)
                      : Obey(jobs_.at(sequence->second), event);
  const std::string job_id = status.ok() ? event.job_id : "";
  actions_.push_back(Answer{.ticket = event.ticket, .status = std::move(status), .job_id = job_id});
}

// Also of a checkpoint or a job that is gone, and of a hold that never came to be.
void State::Release(const CommandCheckpoint& event) {
  held_.erase({event.job_id, event.step, event.hold});
  actions_.push_back(Answer{.ticket = event.ticket, .status = {}, .job_id = event.job_id});
}

Status State::Obey(Job& job, const CommandCheckpoint& command) {
  const auto found = std::ranges::find(job.checkpoints, command.step, &CheckpointRecord::step);
  if (found == job.checkpoints.end())
    return Status(Code::kNotFound,
                  fmt::format("job {} has no checkpoint {}", job.id, command.step));
  if (command.command == CheckpointCommand::kHold) {
    held_.emplace(job.id, command.step, command.hold);
    return Status();
  }
  if (command.command == CheckpointCommand::kDelete) {
    if (const auto user = UserOf(job, *found))
      return Status(Code::kFailedPrecondition, fmt::format("checkpoint {} of job {} is in use: {}",
                                                           command.step, job.id, *user));
    job.checkpoints.erase(found);
    StoreEvent(job, "CheckpointDeleted", fmt::format("the state after step {}", command.step));
    return Status();
  }
  const bool is_pinned = command.command == CheckpointCommand::kPin;
  if (std::exchange(found->is_pinned, is_pinned) == is_pinned) return Status();
  StoreEvent(job, is_pinned ? "CheckpointPinned" : "CheckpointUnpinned",
             fmt::format("the state after step {}", command.step));
  return Status();
}

std::optional<std::string> State::UserOf(const Job& job, const CheckpointRecord& checkpoint) const {
  if (checkpoint.is_pinned) return "it is pinned, unpin it first";
  if (!IsTerminal(job.state) && checkpoint.step == job.checkpoints.back().step)
    return fmt::format("the job is {}, and its newest checkpoint is what it goes on from",
                       JobStateName(job.state));
  if (checkpoint.step == RollbackStepOf(job))
    return fmt::format("the job is {}, and a rollback would go back to it",
                       JobStateName(job.state));
  if (const Job* starter = FindStarter(checkpoint.directory))
    return fmt::format("job {} is about to start from it", starter->id);
  if (IsHeld(job, checkpoint)) return "it is being exported";
  return std::nullopt;
}

bool State::IsAwaited(const Job& job, const CheckpointRecord& checkpoint) const {
  return FindStarter(checkpoint.directory) != nullptr || IsHeld(job, checkpoint);
}

bool State::IsHeld(const Job& job, const CheckpointRecord& checkpoint) const {
  const auto first = held_.lower_bound({job.id, checkpoint.step, 0});
  return first != held_.end() && std::get<0>(*first) == job.id &&
         std::get<1>(*first) == checkpoint.step;
}

bool State::HasHeldCheckpoint(const std::string& job_id) const {
  const auto first = held_.lower_bound({job_id, std::numeric_limits<std::int64_t>::min(), 0});
  return first != held_.end() && std::get<0>(*first) == job_id;
}

const Job* State::FindStarter(const std::string& directory) const {
  for (const auto& [sequence, memory] : memories_) {
    const Job& job = jobs_.at(sequence);
    if (job.checkpoints.empty() && job.start_checkpoint == directory) return &job;
  }
  return nullptr;
}

const Job* State::FindUserOfCheckpoints(const std::string& job_id) const {
  const std::string inside = CheckpointDirectoryOf(job_id) + "/";
  for (const auto& [sequence, memory] : memories_) {
    const Job& job = jobs_.at(sequence);
    if (job.checkpoints.empty() && job.start_checkpoint.starts_with(inside)) return &job;
  }
  return nullptr;
}

// A checkpoint may have gone between the reading of a submission and its arrival here.
bool State::HasCheckpoint(const std::string& directory) const {
  const auto is_it = [&](const CheckpointRecord& checkpoint) {
    return checkpoint.directory == directory;
  };
  return std::ranges::any_of(jobs_, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.checkpoints, is_it);
  });
}

std::vector<std::int64_t> State::KeptCheckpoints(const std::string& job_id) const {
  std::vector<std::int64_t> steps;
  if (const Job* job = FindJob(job_id))
    for (const CheckpointRecord& checkpoint : job->checkpoints) steps.push_back(checkpoint.step);
  return steps;
}

// Steps that are computed again have the same bits, so an older checkpoint costs only time. The
// last one is not given up: a job never begins anew by itself.
bool State::DropDamagedCheckpoint(Job& job, const Attempt& ended) {
  const bool is_damaged = ended.failure->record.reason == "CheckpointCorrupt" && !ended.planner &&
                          ended.starts_from_own_checkpoint;
  if (!is_damaged || job.checkpoints.size() < 2 || job.checkpoints.back().is_pinned) return false;
  const std::int64_t damaged = job.checkpoints.back().step;
  job.checkpoints.pop_back();
  StoreEvent(job, "CheckpointDropped",
             fmt::format("the state after step {} is damaged; the job goes on from step {}",
                         damaged, job.checkpoints.back().step));
  return true;
}

}  // namespace descent
