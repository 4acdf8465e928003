#include "tests/scenario/scenario.h"

#include <spdlog/fmt/fmt.h>

#include <chrono>
#include <iterator>
#include <utility>

#include "common/check.h"
#include "tests/scenario/action_text.h"

namespace descent {
namespace {

JobSpec MakeSpec(const Command& command) {
  JobSpec spec{.name = "scenario"};
  spec.data.train.path = "train";
  if (command.Option("validation", "no") == "yes") spec.data.validation = {.path = "validation"};
  spec.batch.global = command.Number("global", 100);
  if (command.Option("tail", "drop") == "keep") spec.batch.tail = EpochTail::kKeep;
  spec.epochs = command.Number("epochs", 0);
  spec.steps = command.Number("steps", spec.epochs > 0 ? 0 : 100);
  spec.stop_at_step = command.Number("stop_at", 0);
  spec.evaluate.every_steps = command.Number("evaluate_steps", 0);
  spec.evaluate.every_epochs = command.Number("evaluate_epochs", 0);
  spec.checkpoint.every_steps = command.Number("checkpoint_steps", 0);
  spec.checkpoint.keep_last = command.Number("keep", 2);
  spec.checkpoint.best_metric = MetricFromName(command.Option("best", "loss")).value();
  if (const std::int64_t patience = command.Number("patience", 0); patience > 0)
    spec.early_stopping = EarlyStoppingSpec{.patience = patience};
  const auto workers = ParseRange(command.Option("workers", "1"));
  spec.workers.min = static_cast<int>(workers.first);
  spec.workers.max = static_cast<int>(workers.second);
  spec.restarts_max = static_cast<int>(command.Number("restarts", 5));
  spec.start_timeout_seconds = command.Number("start_timeout", 0);
  spec.deadline_seconds = command.Number("deadline", 0);
  if (!command.Option("retention", "").empty())
    spec.retention.days = command.Number("retention", 0);
  spec.retention.deletes_checkpoints = command.Option("expired_checkpoints", "keep") == "delete";
  return WithDefaults(spec);
}

const std::map<std::string, JobCommand> kJobCommands = {
    {"cancel", JobCommand::kCancel}, {"suspend", JobCommand::kSuspend},
    {"resume", JobCommand::kResume}, {"stop", JobCommand::kStop},
    {"delete", JobCommand::kDelete}, {"save_now", JobCommand::kCheckpoint},
};

const std::map<std::string, CheckpointCommand> kCheckpointCommands = {
    {"pin", CheckpointCommand::kPin},
    {"unpin", CheckpointCommand::kUnpin},
    {"forget_checkpoint", CheckpointCommand::kDelete},
    {"hold", CheckpointCommand::kHold},
    {"release", CheckpointCommand::kRelease},
};

const std::map<std::string, WorkerCommand> kWorkerCommands = {
    {"cordon", WorkerCommand::kCordon},
    {"uncordon", WorkerCommand::kUncordon},
    {"drain", WorkerCommand::kDrain},
};

const std::set<std::string> kReads = {"queue", "show",     "conditions",
                                      "pools", "attempts", "expired"};

// label="team=nlp"
JobLabels LabelOf(const Command& command) {
  const std::string label = command.Option("label", "");
  if (label.empty()) return {};
  const std::size_t equals = label.find('=');
  return {{label.substr(0, equals), label.substr(equals + 1)}};
}

Origin OriginOf(const Command& command) {
  return {.actor = command.Option("by", std::string(kActorCoordinator)),
          .request_id = command.Option("request", "")};
}

SubmitJob MakeSubmit(const Command& command) {
  const JobSpec spec = MakeSpec(command);
  DESCENT_CHECK(ValidateJobSpec(spec).empty());
  return {.job_id = command.arguments.at(0),
          .request_id = command.Option("request", ""),
          .spec = spec,
          .owner = command.Option("owner", ""),
          .owner_live_jobs_max = static_cast<int>(command.Number("owner_jobs_max", 0)),
          .start_checkpoint = command.Option("from", ""),
          .priority = static_cast<int>(command.Number("priority", kPriorityDefault)),
          .is_preemptible = command.Option("preemptible", "") == "yes",
          .is_suspended = command.Option("suspended", "") == "yes",
          .labels = LabelOf(command),
          .origin = OriginOf(command)};
}

// "a is number 2: needs 4 workers, waits for job b to end [b]", with the jobs that block it.
std::string QueueText(const std::string& job_id, const QueuePosition& queue) {
  std::string text =
      fmt::format("{} is number {}: {}", job_id, queue.position, queue.reason.message);
  for (const std::string& job : queue.reason.blocking_jobs) text += fmt::format(" [{}]", job);
  return text;
}

}  // namespace

Scenario::Scenario() : state_(std::make_unique<State>(options_)) {
  now_.monotonic = MonotonicTime() + std::chrono::hours(1);
  now_.wall = 1000;
}

std::vector<std::string> Scenario::Run(const std::string& line) {
  const Command command = ParseCommand(line);
  const std::string& verb = command.verb;
  if (verb == "options") return RunOptions(command);
  if (verb == "submit") return Post(MakeSubmit(command));
  if (verb == "dry_run") return RunDryRun(command);
  if (const auto asked = kJobCommands.find(verb); asked != kJobCommands.end())
    return Post(CommandJob{
        .job_id = command.arguments.at(0), .command = asked->second, .origin = OriginOf(command)});
  if (verb == "cancel_jobs")
    return Post(CancelJobs{.job_ids = command.arguments,
                           .passes_over_ended = command.Option("ended", "") == "passed_over",
                           .origin = OriginOf(command)});
  if (const auto asked = kWorkerCommands.find(verb); asked != kWorkerCommands.end())
    return Post(CommandWorker{.pool = command.Option("pool", "p"),
                              .world_rank = std::stoi(command.arguments.at(0)),
                              .command = asked->second,
                              .origin = OriginOf(command)});
  if (verb == "update") return RunUpdate(command);
  if (const auto asked = kCheckpointCommands.find(verb); asked != kCheckpointCommands.end())
    return Post(CommandCheckpoint{.job_id = command.arguments.at(0),
                                  .step = command.Number("step", 0),
                                  .command = asked->second,
                                  .origin = OriginOf(command),
                                  .hold = static_cast<std::uint64_t>(command.Number("hold", 0))});
  if (verb == "register") return RunRegister(command);
  if (verb == "steps") return RunSteps(command);
  if (verb == "advance") return RunAdvance(command);
  if (verb == "restart") return RunRestart();
  if (verb == "world_ended") return RunWorldEnded(command);
  if (kReads.contains(verb)) return RunRead(command);
  return RunForEachWorker(command);
}

std::vector<std::string> Scenario::Post(const Event& event) {
  const std::vector<Action> actions = state_->Apply(event, now_);
  for (const Action& action : actions) {
    if (const auto* store = std::get_if<StoreJob>(&action)) stored_[store->job.id] = store->job;
    if (const auto* forget = std::get_if<ForgetJob>(&action)) stored_.erase(forget->job_id);
    if (const auto* store = std::get_if<StoreGeneration>(&action))
      stored_generation_ = store->generation;
    if (const auto* store = std::get_if<StoreCordon>(&action))
      stored_cordons_[{store->record.pool, store->record.world_rank}] = store->record;
    if (const auto* close = std::get_if<CloseSession>(&action)) {
      const auto worker = workers_.find(names_.at(close->session));
      if (worker != workers_.end() && worker->second.session == close->session)
        workers_.erase(worker);
    }
    const auto* send = std::get_if<SendToWorker>(&action);
    if (send == nullptr || !std::holds_alternative<Assign>(send->message)) continue;
    Worker& worker = workers_.at(names_.at(send->session));
    worker.assign = std::get<Assign>(send->message);
    worker.heartbeat = {
        .job = worker.assign.job, .generation = worker.assign.generation, .phase = "prepare"};
  }
  return ActionLines(actions, [this](SessionId session) { return names_.at(session); });
}

void Scenario::Append(Lines& lines, Lines more) {
  lines.insert(lines.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

std::vector<std::string> Scenario::RunDryRun(const Command& command) const {
  const SubmitJob submit = MakeSubmit(command);
  const Placement placement = state_->PlacementOf(submit);
  if (!placement.gang) return {QueueText(submit.job_id, placement.queue)};
  return {fmt::format("{} would start with {} of pool {}", submit.job_id,
                      WorkersText(placement.gang->sessions.size()), placement.gang->pool)};
}

std::vector<std::string> Scenario::RunUpdate(const Command& command) {
  UpdateJob update{.job_id = command.arguments.at(0)};
  update.origin = OriginOf(command);
  update.priority = static_cast<int>(command.Number("priority", kPriorityDefault));
  update.is_preemptible = command.Option("preemptible", "") == "yes";
  update.labels.set = LabelOf(command);
  if (const std::string key = command.Option("unlabel", ""); !key.empty())
    update.labels.removed.push_back(key);
  if (!command.Option("deadline", "").empty())
    update.deadline_seconds = command.Number("deadline", 0);
  if (!command.Option("retention", "").empty())
    update.retention_days = command.Number("retention", 0);
  return Post(update);
}

std::vector<std::string> Scenario::RunAdvance(const Command& command) {
  Lines lines;
  const std::set<std::string> silent(command.arguments.begin() + 1, command.arguments.end());
  for (long long second = 0; second < std::stoll(command.arguments.at(0)); ++second) {
    now_.monotonic += std::chrono::seconds(1);
    now_.wall += 1;
    for (auto& [name, worker] : workers_) worker.heartbeat.progress.phase_age_seconds += 1;
    const std::map<std::string, Worker> attached = workers_;
    for (const auto& [name, worker] : attached)
      if (!silent.contains(name)) Append(lines, Say(name, worker.heartbeat));
    Append(lines, Post(Tick()));
  }
  return lines;
}

std::vector<std::string> Scenario::RunWorldEnded(const Command& command) {
  return Post(WorldEnded{{.pool = command.Option("pool", "p"),
                          .world_rank = static_cast<int>(command.Number("rank", -1)),
                          .host = command.Option("host", "h"),
                          .pid = command.Number("pid", 99),
                          .exit_code = static_cast<int>(command.Number("exit_code", 0)),
                          .signal = static_cast<int>(command.Number("signal", 0))}});
}

std::vector<std::string> Scenario::RunOptions(const Command& command) {
  options_.resize_interval = std::chrono::seconds(command.Number("resize_interval", 0));
  options_.min_runtime = std::chrono::seconds(command.Number("min_runtime", 0));
  options_.start_timeout = std::chrono::seconds(command.Number("start_timeout", 600));
  options_.keep_jobs_days = static_cast<double>(command.Number("keep_jobs", 0));
  state_ = std::make_unique<State>(options_);
  return {};
}

std::vector<std::string> Scenario::RunRestart() {
  state_ = std::make_unique<State>(options_);
  workers_.clear();
  Restore restore{.last_generation = stored_generation_};
  for (const auto& [id, job] : stored_) restore.jobs.push_back(job);
  for (const auto& [place, record] : stored_cordons_)
    if (record.cordon != Cordon::kNone) restore.cordons.push_back(record);
  return Post(restore);
}

std::vector<std::string> Scenario::ReadExpired() const {
  Lines lines;
  for (const ExpiredJob& job : state_->ExpiredJobs(now_))
    lines.push_back(fmt::format("{} has expired, its checkpoints {}", job.job_id,
                                job.deletes_checkpoints ? "with it" : "stay"));
  if (lines.empty()) lines.push_back("no job has expired");
  return lines;
}

std::vector<std::string> Scenario::RunRead(const Command& command) const {
  if (command.verb == "expired") return ReadExpired();
  Lines lines;
  if (command.verb == "pools") {
    for (const PoolView& pool : state_->pools()) {
      lines.push_back(fmt::format(
          "pool {}: {} of {} ranks, {} free{}{}{}", pool.name, pool.workers.size(), pool.world_size,
          pool.free, pool.is_ready ? ", ready" : "", pool.is_broken ? ", broken" : "",
          pool.only_job.empty() ? "" : fmt::format(", for {} alone", pool.only_job)));
      for (const WorkerView& worker : pool.workers)
        if (worker.cordon != Cordon::kNone)
          lines.push_back(fmt::format("  worker {} {}", worker.world_rank,
                                      WorkerStateName(StateOf(worker, pool))));
    }
    return lines;
  }
  const std::string& job_id = command.arguments.at(0);
  const Job* job = state_->FindJob(job_id);
  if (command.verb == "show") return {job == nullptr ? "no job " + job_id : Show(*job)};
  if (command.verb == "attempts") return AttemptLines(*job);
  const auto position = state_->QueuePositionOf(job_id);
  if (command.verb == "conditions") return ConditionLines(ConditionsOf(*job, position, now_.wall));
  if (!position) return {fmt::format("{} does not wait", job_id)};
  return {QueueText(job_id, *position)};
}

std::string Scenario::Show(const Job& job) const {
  std::string text = fmt::format(
      "{} {} step={} epoch={} attempt={} without_progress={} checkpoints={} started={} ended={}",
      job.id, JobStateName(job.state), job.step, job.epoch, job.attempt.attempt,
      job.attempts_without_progress, CheckpointSteps(job), job.start_time, job.end_time);
  if (job.attempt.save_requests > 0)
    text += fmt::format(" save_requests={}/{}", job.attempt.save_requests_done,
                        job.attempt.save_requests);
  if (job.attempt.save_requests_failed > job.attempt.save_requests_done)
    text += fmt::format(" save_requests_failed={}", job.attempt.save_requests_failed);
  if (!job.labels.empty()) text += fmt::format(" labels=[{}]", LabelsText(job.labels));
  if (job.deadline_seconds > 0)
    text += fmt::format(" active={}/{}", job.active_seconds, job.deadline_seconds);
  if (job.state_digest) text += fmt::format(" digest={}", job.state_digest->low);
  if (job.failure)
    text += fmt::format(" failure={} rank={} step={} phase={}", job.failure->reason,
                        job.failure->rank, job.failure->step, job.failure->phase);
  return text;
}

}  // namespace descent
