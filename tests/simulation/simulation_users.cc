// ClusterSimulation's part for users. Whatever they are told, they go on asking.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "tests/simulation/cluster_simulation.h"

namespace descent {
namespace {

constexpr std::int64_t kGlobalBatch = 64;
constexpr int kStepsMax = 120;

}  // namespace

void ClusterSimulation::AskForEver() {
  if (queue_.now() >= faults_until_) return LetGoOnForEver();
  const auto& jobs = coordinator_.observer().stored_jobs();
  const auto live = std::ranges::count_if(
      jobs, [](const auto& entry) { return !IsTerminal(entry.second.state); });
  const std::int64_t choice = random_.Number(0, 99);
  if (choice < 40) {
    if (live < std::max(4, options_.workers / 3)) Submit();
  } else if (choice < 45) {
    Fork();
  } else if (choice < 70) {
    CommandAnyJob();
  } else if (choice < 80) {
    CommandAnyCheckpoint();
  } else if (choice < 90) {
    CommandAnyWorker();
  } else {
    UpdateAnyJob();
  }
  queue_.After(random_.Gap(std::clamp(50.0 / options_.workers, 0.05, 4.0)),
               [this] { AskForEver(); });
}

// A coordinator that crashed meanwhile has not answered.
bool ClusterSimulation::Ask(const Event& event) {
  const std::vector<Action> actions = Post(event);
  return coordinator_.is_up() && std::ranges::any_of(actions, [](const Action& action) {
           const auto* answer = std::get_if<Answer>(&action);
           return answer != nullptr && answer->status.ok();
         });
}

JobSpec ClusterSimulation::AnySpec() {
  JobSpec spec{.name = "simulated"};
  spec.seed = static_cast<std::uint64_t>(random_.Number(0, 1'000'000'000));
  spec.batch.global = kGlobalBatch;
  spec.steps = random_.Number(1, kStepsMax);
  if (random_.Happens(0.2)) spec.stop_at_step = random_.Number(1, spec.steps);
  spec.checkpoint.every_steps = random_.Number(0, 2) * 5;
  spec.checkpoint.keep_last = random_.Number(1, 3);
  if (random_.Happens(0.5)) spec.data.validation = DatasetSpec{.path = "validation"};
  if (spec.data.validation) spec.evaluate.every_steps = random_.Number(0, 2) * 7;
  spec.workers.min = random_.Small(1, std::min(4, largest_world_));
  spec.workers.max = random_.Small(spec.workers.min, 8);
  spec.restarts_max = random_.Small(3, 20);
  const std::int64_t deadline = random_.Number(30, 600);
  if (random_.Happens(0.1) && options_.has_deadlines) spec.deadline_seconds = deadline;
  return WithDefaults(spec);
}

void ClusterSimulation::Submit() {
  SubmitJob submit{.job_id = fmt::format("job-{}", ++last_job_), .spec = AnySpec()};
  submit.priority = random_.Small(0, 3) * 10;
  submit.is_preemptible = random_.Happens(0.5);
  if (random_.Happens(0.2)) submit.request_id = fmt::format("request-{}", last_job_ / 2);
  Ask(submit);
}

// It begins with the newest, or any other state of a job that has some.
void ClusterSimulation::Fork() {
  const Job* const job = AnyJob();
  if (job == nullptr || job->checkpoints.empty()) return;
  const auto place = static_cast<std::size_t>(random_.Number(0, std::ssize(job->checkpoints) - 1));
  SubmitJob submit{.job_id = fmt::format("job-{}", ++last_job_), .spec = AnySpec()};
  submit.start_checkpoint = job->checkpoints[place].directory;
  submit.forked_from = "jobs/" + job->id;
  submit.instruction_set = job->instruction_set;
  submit.dataset_fingerprint = job->dataset_fingerprint;
  Ask(submit);
}

// Of those on record; null: there is none.
const Job* ClusterSimulation::AnyJob() {
  const auto& jobs = coordinator_.observer().stored_jobs();
  if (jobs.empty()) return nullptr;
  return &std::next(jobs.begin(), random_.Number(0, std::ssize(jobs) - 1))->second;
}

void ClusterSimulation::CommandAnyJob() {
  const Job* const job = AnyJob();
  if (job == nullptr) return;
  constexpr JobCommand kCommands[] = {
      JobCommand::kCancel, JobCommand::kSuspend, JobCommand::kSuspend,   JobCommand::kResume,
      JobCommand::kResume, JobCommand::kStop,    JobCommand::kCheckpoint};
  const JobCommand command = kCommands[random_.Number(0, std::ssize(kCommands) - 1)];
  if (IsTerminal(job->state)) return DeleteJob(*job);
  Ask(CommandJob{.job_id = job->id, .command = command});
}

// With its files, unless another job is about to start from them.
void ClusterSimulation::DeleteJob(const Job& job) {
  if (!coordinator_.is_up()) return;
  const State& state = coordinator_.state();
  const std::string job_id = job.id;
  const std::string directory = state.CheckpointDirectoryOf(job_id);
  const bool takes_files = random_.Happens(0.5) && state.FindUserOfCheckpoints(job_id) == nullptr;
  if (Ask(CommandJob{.job_id = job_id, .command = JobCommand::kDelete}) && takes_files)
    disk_.RemoveAll(directory);
}

void ClusterSimulation::CommandAnyCheckpoint() {
  const Job* const job = AnyJob();
  if (job == nullptr || job->checkpoints.empty()) return;
  const auto place = static_cast<std::size_t>(random_.Number(0, std::ssize(job->checkpoints) - 1));
  const std::string directory = job->checkpoints[place].directory;
  constexpr CheckpointCommand kCommands[] = {CheckpointCommand::kPin, CheckpointCommand::kUnpin,
                                             CheckpointCommand::kDelete};
  const CheckpointCommand command = kCommands[random_.Number(0, std::ssize(kCommands) - 1)];
  const bool is_done = Ask(CommandCheckpoint{
      .job_id = job->id, .step = job->checkpoints[place].step, .command = command});
  if (is_done && command == CheckpointCommand::kDelete) disk_.Remove(directory);
}

void ClusterSimulation::CommandAnyWorker() {
  const Process* const process = AnyProcess();
  if (process == nullptr) return;
  constexpr WorkerCommand kCommands[] = {WorkerCommand::kCordon, WorkerCommand::kUncordon,
                                         WorkerCommand::kUncordon, WorkerCommand::kDrain};
  Ask(CommandWorker{.pool = process->rank.place().pool,
                    .world_rank = process->rank.place().world_rank,
                    .command = kCommands[random_.Number(0, std::ssize(kCommands) - 1)]});
}

void ClusterSimulation::UpdateAnyJob() {
  const Job* const job = AnyJob();
  if (job == nullptr) return;
  UpdateJob update{.job_id = job->id, .priority = random_.Small(0, 10) * 10};
  const std::int64_t deadline = random_.Number(0, 600);
  if (random_.Happens(0.2) && options_.has_deadlines) update.deadline_seconds = deadline;
  Ask(update);
}

// Once nothing fails any more: what users keep from going on, they let go.
void ClusterSimulation::LetGoOnForEver() {
  std::vector<std::string> suspended;
  for (const auto& [id, job] : coordinator_.observer().stored_jobs())
    if (job.state == JobState::kSuspended) suspended.push_back(id);
  for (const std::string& job_id : suspended)
    Ask(CommandJob{.job_id = job_id, .command = JobCommand::kResume});
  std::vector<SimulatedRank::Place> places;
  for (const auto& [id, process] : processes_) places.push_back(process.rank.place());
  for (const SimulatedRank::Place& place : places)
    if (coordinator_.CordonOf(place.pool, place.world_rank) != Cordon::kNone)
      Ask(CommandWorker{
          .pool = place.pool, .world_rank = place.world_rank, .command = WorkerCommand::kUncordon});
  queue_.After(std::chrono::seconds(5), [this] { LetGoOnForEver(); });
}

}  // namespace descent
