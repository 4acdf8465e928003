#include "tests/unit/coordinator/simulated_cluster.h"

#include <algorithm>
#include <chrono>

#include "common/limits.h"

namespace descent {
namespace {

// Their steps take 0.02 s, so that a job with fifty left to do may still grow.
const StateOptions kOptions{.checkpoint_root = "/checkpoints",
                            .resize_interval = std::chrono::seconds(1),
                            .min_runtime = std::chrono::seconds(3)};
constexpr std::int64_t kTrainSamples = 1000;

Digest StateAfter(std::int64_t step) {
  return {.high = 1, .low = static_cast<std::uint64_t>(step)};
}

std::int64_t StepOfCheckpoint(const std::string& directory) {
  return directory.empty() ? 0 : std::stoll(directory.substr(directory.rfind('-') + 1));
}

}  // namespace

SimulatedCluster::SimulatedCluster(std::uint64_t seed) : random_(seed), coordinator_(kOptions) {
  now_.monotonic = MonotonicTime() + std::chrono::hours(1);
  now_.wall = 1;
}

void SimulatedCluster::DoSomething() {
  const std::int64_t choice = Random(0, 999);
  if (choice < 20) return Submit();
  if (choice < 28 && last_job_ > 0) return Command();
  if (choice < 35 && workers_.size() < 12) return AttachPool(static_cast<int>(Random(1, 4)));
  if (choice < 45) return Kill();
  if (choice < 47) return RestartCoordinator();
  if (choice < 60) return SpeakOfThePast();
  if (choice < 70 && !workers_.empty()) return CommandWorker();
  if (choice < 200 || workers_.empty()) return PassSecond();
  Move(*workers_[static_cast<std::size_t>(
      Random(0, static_cast<std::int64_t>(workers_.size()) - 1))]);
}

void SimulatedCluster::LoseAllPools() {
  while (!workers_.empty()) {
    const SessionId session = workers_.back()->session;
    workers_.pop_back();
    Post(WorkerGone{.session = session, .reason = "killed"});
  }
}

void SimulatedCluster::AttachPool(int world_size) {
  const std::string pool = "pool-" + std::to_string(++last_pool_);
  for (int rank = 0; rank < world_size; ++rank) {
    workers_.push_back(std::make_unique<Worker>(
        Worker{.pool = pool, .world_rank = rank, .world_size = world_size}));
    Register(*workers_.back());
  }
}

void SimulatedCluster::WorkObediently() {
  ResumeSuspended();
  for (std::size_t i = 0; i < workers_.size(); ++i) Move(*workers_[i]);
  PassSecond();
}

std::vector<std::string> SimulatedCluster::violations() const {
  std::vector<std::string> all = observer().violations();
  all.insert(all.end(), violations_.begin(), violations_.end());
  return all;
}

std::int64_t SimulatedCluster::Random(std::int64_t first, std::int64_t last) {
  return first +
         static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(last - first + 1));
}

void SimulatedCluster::Post(const Event& event) { Perform(coordinator_.Apply(event, now_)); }

void SimulatedCluster::Perform(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const auto* send = std::get_if<SendToWorker>(&action))
      Receive(send->session, send->message);
    const auto* close = std::get_if<CloseSession>(&action);
    if (close == nullptr) continue;
    std::erase_if(workers_, [&](const auto& worker) { return worker->session == close->session; });
  }
}

void SimulatedCluster::Say(const Worker& worker, WorkerMessage message) {
  Post(WorkerSaid{.session = worker.session, .message = std::move(message)});
}

// These workers number no reports, so nothing is acknowledged.
std::int64_t GenerationOf(const Acknowledge&) { return 0; }
std::int64_t GenerationOf(const Leave&) { return 0; }
std::int64_t GenerationOf(const Dismiss&) { return 0; }
std::int64_t GenerationOf(const auto& message) { return message.generation; }

void SimulatedCluster::Receive(SessionId session, const CoordinatorMessage& message) {
  const auto found = std::find_if(workers_.begin(), workers_.end(),
                                  [&](const auto& worker) { return worker->session == session; });
  if (found == workers_.end()) return violations_.push_back("a message went to nobody");
  Worker& worker = **found;
  if (const auto* assign = std::get_if<Assign>(&message)) {
    if (worker.assign) violations_.push_back("a rank got a second job");
    if (coordinator_.CordonOf(worker.pool, worker.world_rank) != Cordon::kNone)
      violations_.push_back("a cordoned rank got a job");
    worker.assign = *assign;
    worker.steps_done = StepOfCheckpoint(assign->start_checkpoint);
    return;
  }
  if (std::holds_alternative<Leave>(message)) return;  // it goes when a fault takes it
  const std::int64_t generation =
      std::visit([](const auto& known) { return GenerationOf(known); }, message);
  if (!worker.assign || worker.assign->generation != generation)
    return violations_.push_back("a message came without its assignment");
  if (std::holds_alternative<Begin>(message)) worker.has_begun = true;
  if (const auto* grant = std::get_if<GrantSteps>(&message)) worker.grants.push_back(*grant);
  if (const auto* stop = std::get_if<Stop>(&message)) worker.stop = stop->mode;
  if (const auto* save = std::get_if<SaveNow>(&message)) worker.save_request = save->request;
}

void SimulatedCluster::Submit() {
  JobSpec spec{.name = "simulated"};
  spec.batch.global = 100;
  spec.steps = Random(1, 150);
  if (Random(0, 3) == 0) spec.stop_at_step = Random(1, spec.steps);
  spec.checkpoint.every_steps = Random(0, 2) * 10;
  spec.checkpoint.keep_last = Random(1, 3);
  spec.data.validation = DatasetSpec{.path = "validation"};
  spec.evaluate.every_steps = Random(0, 2) * 15;
  spec.workers.min = static_cast<int>(Random(1, 4));
  spec.workers.max = static_cast<int>(Random(spec.workers.min, 4));
  spec.restarts_max = static_cast<int>(Random(0, 4));
  if (Random(0, 4) == 0) spec.deadline_seconds = Random(1, 120);
  Post(SubmitJob{.job_id = "job-" + std::to_string(++last_job_),
                 .spec = WithDefaults(spec),
                 .priority = static_cast<int>(Random(0, 2)) * 10,
                 .is_preemptible = Random(0, 1) == 0});
}

// Of any checkpoint that the job has.
void SimulatedCluster::CommandACheckpoint(const std::string& job_id) {
  const auto job = observer().stored_jobs().find(job_id);
  if (job == observer().stored_jobs().end() || job->second.checkpoints.empty()) return;
  const auto& checkpoints = job->second.checkpoints;
  const auto place = static_cast<std::size_t>(Random(0, std::ssize(checkpoints) - 1));
  constexpr CheckpointCommand kCommands[] = {CheckpointCommand::kPin, CheckpointCommand::kUnpin,
                                             CheckpointCommand::kDelete};
  Post(CommandCheckpoint{
      .job_id = job_id, .step = checkpoints[place].step, .command = kCommands[Random(0, 2)]});
}

void SimulatedCluster::Command() {
  const std::string job_id = "job-" + std::to_string(Random(1, last_job_));
  if (Random(0, 2) == 0) return CommandACheckpoint(job_id);
  if (Random(0, 6) == 0)
    return Post(UpdateJob{.job_id = job_id, .priority = static_cast<int>(Random(0, 100))});
  constexpr JobCommand kCommands[] = {JobCommand::kCancel,     JobCommand::kSuspend,
                                      JobCommand::kResume,     JobCommand::kStop,
                                      JobCommand::kCheckpoint, JobCommand::kDelete};
  Post(CommandJob{.job_id = job_id, .command = kCommands[Random(0, 5)]});
}

void SimulatedCluster::CommandWorker() {
  const Worker& worker = *workers_[static_cast<std::size_t>(
      Random(0, static_cast<std::int64_t>(workers_.size()) - 1))];
  constexpr WorkerCommand kCommands[] = {WorkerCommand::kCordon, WorkerCommand::kUncordon,
                                         WorkerCommand::kDrain};
  Post(descent::CommandWorker{
      .pool = worker.pool, .world_rank = worker.world_rank, .command = kCommands[Random(0, 2)]});
}

void SimulatedCluster::ResumeSuspended() {
  std::vector<std::string> suspended;
  for (const auto& [id, job] : observer().stored_jobs())
    if (job.state == JobState::kSuspended) suspended.push_back(id);
  for (const std::string& job_id : suspended)
    Post(CommandJob{.job_id = job_id, .command = JobCommand::kResume});
}

void SimulatedCluster::Register(Worker& worker) {
  worker = Worker{.pool = worker.pool,
                  .world_rank = worker.world_rank,
                  .world_size = worker.world_size,
                  .session = ++last_session_};
  Say(worker, descent::Register{.pool = worker.pool,
                                .world_rank = worker.world_rank,
                                .world_size = worker.world_size,
                                .host = "host",
                                .instruction_set = "avx2"});
}

void SimulatedCluster::PassSecond() {
  now_.monotonic += std::chrono::seconds(1);
  now_.wall += 1;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const Worker& worker = *workers_[i];
    if (worker.is_hung) continue;
    Heartbeat heartbeat{.step = worker.steps_done, .phase = "compute"};
    if (worker.assign) heartbeat.job = worker.assign->job;
    if (worker.assign) heartbeat.generation = worker.assign->generation;
    Say(worker, heartbeat);
  }
  Post(Tick());
}

// One worker dies or hangs; half of the time its whole world dies with it.
void SimulatedCluster::Kill() {
  if (workers_.empty()) return;
  const auto index =
      static_cast<std::size_t>(Random(0, static_cast<std::int64_t>(workers_.size()) - 1));
  if (Random(0, 3) == 0) {
    workers_[index]->is_hung = true;
    return;
  }
  const std::string pool = workers_[index]->pool;
  std::vector<SessionId> dying = {workers_[index]->session};
  if (Random(0, 1) == 0)
    for (const auto& worker : workers_)
      if (worker->pool == pool && worker->session != dying.front())
        dying.push_back(worker->session);
  for (const SessionId session : dying) {
    std::erase_if(workers_, [&](const auto& worker) { return worker->session == session; });
    Post(WorkerGone{.session = session, .reason = "killed"});
  }
}

// Messages of generations that are over, or of jobs the worker has no part in.
void SimulatedCluster::SpeakOfThePast() {
  if (workers_.empty() || last_job_ == 0) return;
  const Worker& worker = *workers_.front();
  const std::string job = "job-" + std::to_string(Random(1, last_job_));
  const std::int64_t current = worker.assign ? worker.assign->generation : 0;
  const std::int64_t generation = Random(0, coordinator_.state().generation());
  if (generation == current) return;
  Say(worker, Prepared{.job = job, .generation = generation});
  Say(worker, StepReports{.job = job, .generation = generation, .steps = {{.step = 500}}});
  Say(worker, CheckpointWritten{.job = job, .generation = generation, .step = 500});
  Say(worker, CheckpointSkipped{.job = job, .generation = generation, .step = 500});
  Say(worker, AssignmentEnded{.job = job, .generation = generation});
}

void SimulatedCluster::RestartCoordinator() {
  coordinator_.Crash();
  Perform(coordinator_.Start(now_));
  std::erase_if(workers_, [](const auto& worker) { return worker->is_hung; });
  for (std::size_t i = 0; i < workers_.size(); ++i) Register(*workers_[i]);
}

void SimulatedCluster::Move(Worker& worker) {
  if (worker.is_hung || !worker.assign) return;
  if (worker.stop == StopMode::kAbort) return End(worker, EndOutcome::kFailed);
  if (!worker.has_begun && worker.stop) return End(worker, EndOutcome::kStopped);
  if (!worker.is_prepared) {
    worker.is_prepared = true;
    return Say(worker, Prepared{.job = worker.assign->job,
                                .generation = worker.assign->generation,
                                .rank = worker.assign->rank,
                                .dataset_fingerprint = StateAfter(-1),
                                .train_samples = kTrainSamples,
                                .parameter_count = 10,
                                .instruction_set = "avx2",
                                .state_digest = StateAfter(worker.steps_done),
                                .start_step = worker.steps_done});
  }
  if (!worker.has_begun) return;
  const Gang gang = GangOf(worker);
  if (gang.size() < worker.assign->world_ranks.size()) return End(worker, EndOutcome::kFailed);
  MoveGang(gang);
}

// Nothing moves while a member hangs. All stop together, once all were told.
void SimulatedCluster::MoveGang(const Gang& gang) {
  if (std::any_of(gang.begin(), gang.end(), [](const Worker* worker) { return worker->is_hung; }))
    return;
  if (gang.front()->stop) {
    Worker& first = *gang.front();
    if (first.steps_done > StepOfCheckpoint(first.assign->start_checkpoint)) SaveCheckpoint(first);
    for (Worker* worker : gang) End(*worker, EndOutcome::kStopped);
    return;
  }
  if (gang.front()->grants.empty()) return violations_.push_back("a gang waits for a grant");
  RunSteps(gang);
}

void SimulatedCluster::RunSteps(const Gang& gang) {
  Worker& first = *gang.front();
  const GrantSteps grant = first.grants.front();
  const std::int64_t last = std::min(grant.last, first.steps_done + Random(1, 30));
  StepReports reports{.job = grant.job, .generation = grant.generation};
  for (std::int64_t step = first.steps_done + 1; step <= last; ++step)
    reports.steps.push_back({.step = step, .loss = 1, .samples = 100, .step_seconds = 0.02});
  for (Worker* worker : gang) {
    worker->steps_done = last;
    if (last == grant.last) worker->grants.pop_front();
  }
  Say(first, reports);
  if (last < grant.last && first.save_request > first.saved_request) SaveCheckpoint(first);
  if (last < grant.last) return;
  if (grant.evaluate)
    Say(first, EvaluationReport{.job = grant.job,
                                .generation = grant.generation,
                                .step = last,
                                .values = {{EvaluationMetric::kLoss, 1}}});
  if (grant.save_checkpoint && !grant.is_final && Random(1, 10) == 1)
    Say(first, CheckpointSkipped{.job = grant.job,
                                 .generation = grant.generation,
                                 .step = last,
                                 .message = "the disk is full"});
  else if (grant.save_checkpoint)
    SaveCheckpoint(first);
  if (!grant.is_final) return;
  for (Worker* worker : gang) End(*worker, EndOutcome::kCompleted);
}

void SimulatedCluster::SaveCheckpoint(Worker& worker) {
  worker.saved_request = worker.save_request;
  Say(worker, CheckpointWritten{.job = worker.assign->job,
                                .generation = worker.assign->generation,
                                .step = worker.steps_done,
                                .directory = worker.assign->checkpoint_directory + "/step-" +
                                             std::to_string(worker.steps_done),
                                .state_digest = StateAfter(worker.steps_done),
                                .request = worker.saved_request});
}

void SimulatedCluster::End(Worker& worker, EndOutcome outcome) {
  AssignmentEnded ended{.job = worker.assign->job,
                        .generation = worker.assign->generation,
                        .rank = worker.assign->rank,
                        .outcome = outcome,
                        .step = worker.steps_done,
                        .state_digest = StateAfter(worker.steps_done)};
  if (outcome == EndOutcome::kFailed) ended.reason = "PeerLost";
  ended.retryable = outcome == EndOutcome::kFailed;
  worker = Worker{.pool = worker.pool,
                  .world_rank = worker.world_rank,
                  .world_size = worker.world_size,
                  .session = worker.session};
  Say(worker, ended);
}

SimulatedCluster::Gang SimulatedCluster::GangOf(const Worker& worker) {
  Gang gang;
  for (const auto& other : workers_)
    if (other->assign && other->assign->generation == worker.assign->generation)
      gang.push_back(other.get());
  std::sort(gang.begin(), gang.end(),
            [](const Worker* a, const Worker* b) { return a->assign->rank < b->assign->rank; });
  return gang;
}

}  // namespace descent
