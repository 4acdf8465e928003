#include "tests/simulation/simulation_checks.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <variant>

#include "tests/simulation/message_text.h"

namespace descent {

void SimulationChecks::Check(const Event& event, const std::vector<Action>& actions,
                             const ActionObserver& observer, const CheckpointDisk& disk) {
  if (const auto* said = std::get_if<WorkerSaid>(&event))
    CheckGeneration(said->message, actions, observer);
  for (const Action& action : actions) {
    if (const auto* store = std::get_if<StoreJob>(&action)) On(*store, disk);
    if (const auto* record = std::get_if<RecordMetrics>(&action)) On(*record);
  }
}

// Only reports are of a generation, and change what is on record of their job.
void SimulationChecks::CheckGeneration(const WorkerMessage& message,
                                       const std::vector<Action>& actions,
                                       const ActionObserver& observer) {
  const std::int64_t generation = GenerationOf(message);
  const std::string job_id = JobOf(message);
  const auto is_recorded = [&](const Action& action) {
    if (const auto* record = std::get_if<RecordMetrics>(&action)) return record->job_id == job_id;
    const auto* store = std::get_if<StoreJob>(&action);
    return store != nullptr && store->job.id == job_id && store->reason == "CheckpointWritten";
  };
  if (generation == 0 || std::ranges::none_of(actions, is_recorded)) return;
  const auto job = observer.stored_jobs().find(job_id);
  if (job == observer.stored_jobs().end() || job->second.attempt.generation != generation)
    Add(fmt::format("{} has recorded what generation {} says", job_id, generation));
}

void SimulationChecks::AddLineage(const Job& job, const CheckpointDisk& disk) {
  Lineage& lineage = lineages_[job.id];
  lineage.seed = job.spec.seed;
  const TrainingState* const start =
      job.start_checkpoint.empty() ? nullptr : disk.Find(job.start_checkpoint);
  if (start == nullptr && !job.start_checkpoint.empty())
    Add(fmt::format("{} starts from {}, which is not there", job.id, job.start_checkpoint));
  lineage.states.push_back(start == nullptr ? InitialState(lineage.seed) : *start);
  lineage.recorded_step = lineage.states.front().step;
}

TrainingState SimulationChecks::StateAt(Lineage& lineage, std::int64_t step) {
  const std::int64_t first = lineage.states.front().step;
  if (step < first) return {.step = step};  // of no state
  while (lineage.states.back().step < step)
    lineage.states.push_back(AfterStep(lineage.states.back(), lineage.seed));
  return lineage.states[static_cast<std::size_t>(step - first)];
}

void SimulationChecks::CheckState(const std::string& job_id, const TrainingState& state) {
  const auto lineage = lineages_.find(job_id);
  if (lineage == lineages_.end()) return;  // it is over, which these ranks have yet to hear
  if (StateAt(lineage->second, state.step) != state)
    Add(fmt::format("{} has computed another state after step {}", job_id, state.step));
}

// What fails here are ranks, hosts, disks and the network: a job outlives that.
void SimulationChecks::CheckFailure(const Job& job) {
  const std::string& reason = job.state_reason;
  const bool is_asked_for =
      reason == kDeadlineExceeded || reason == "StepsImpossible" ||
      (reason == "RestartsExhausted" && job.attempts_without_progress > job.spec.restarts_max);
  if (!is_asked_for) Add(fmt::format("{} has failed: {}, {}", job.id, reason, job.state_message));
}

void SimulationChecks::On(const StoreJob& store, const CheckpointDisk& disk) {
  const Job& job = store.job;
  if (store.event_type == "Created") AddLineage(job, disk);
  if (job.state == JobState::kFailed) CheckFailure(job);
  // Ranks of older generations may miss what has been removed since.
  if (job.attempt.failure && job.attempt.failure->reason == "CheckpointMissing")
    Add(fmt::format("generation {} of {} did not find what it was to start from",
                    job.attempt.generation, job.id));
  const auto found = lineages_.find(job.id);
  for (const CheckpointRecord& checkpoint : job.checkpoints) {
    const TrainingState* const state = disk.Find(checkpoint.directory);
    if (state == nullptr || DigestOf(*state) != checkpoint.state_digest)
      Add(fmt::format("{} has on record what is not in {}", job.id, checkpoint.directory));
    if (found != lineages_.end() &&
        DigestOf(StateAt(found->second, checkpoint.step)) != checkpoint.state_digest)
      Add(fmt::format("{} has recorded another state after step {}", job.id, checkpoint.step));
  }
  if (found == lineages_.end()) return;
  if (job.state == JobState::kSucceeded &&
      job.state_digest != DigestOf(StateAt(found->second, job.step)))
    Add(fmt::format("{} has ended with another state after step {}", job.id, job.step));
  if (IsTerminal(job.state)) lineages_.erase(found);
}

// What is recorded already may come again.
void SimulationChecks::On(const RecordMetrics& record) {
  const auto lineage = lineages_.find(record.job_id);
  if (lineage == lineages_.end())
    return Add(fmt::format("metrics of {} were recorded after its end", record.job_id));
  std::int64_t& recorded = lineage->second.recorded_step;
  for (const MetricPoint& point : record.points) {
    if (point.name != "train/loss") continue;
    if (point.step > recorded + 1)
      Add(fmt::format("{} has recorded step {} after {}", record.job_id, point.step, recorded));
    recorded = std::max(recorded, point.step);
  }
}

std::int64_t SimulationChecks::RecordedStep(const std::string& job_id) const {
  const auto lineage = lineages_.find(job_id);
  return lineage == lineages_.end() ? 0 : lineage->second.recorded_step;
}

}  // namespace descent
