#include "coordinator/runtime.h"

#include <utility>

#include "common/file.h"
#include "common/log.h"

namespace descent {
namespace {

constexpr std::string_view kStoreFile = "state.db";
constexpr std::string_view kMetricsDirectory = "metrics";
constexpr std::string_view kLogsDirectory = "logs";
constexpr std::chrono::milliseconds kTickInterval{250};
constexpr std::chrono::seconds kStoreRetryDelay{1};
constexpr std::chrono::seconds kCycleAgeMax{5};
// Requests and messages that wait for the owner thread: two seconds' worth at the rate it is built
// for. Beyond, callers are told to come back.
constexpr std::size_t kQueueMax = 16384;
// Finished jobs stay in the counters long enough for the last scrapes.
constexpr double kCountersKeptSeconds = 15 * 60;

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::Start(const std::filesystem::path& directory,
                                                StateOptions options,
                                                WebhookEvents webhook_events) {
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory / kMetricsDirectory));
  DESCENT_ASSIGN(std::unique_ptr<Store> store, Store::Open(directory / kStoreFile));
  store->TellWebhooksOf(std::move(webhook_events));
  DESCENT_ASSIGN(Restore restore, store->Load());
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory / kLogsDirectory));
  std::set<std::string> job_ids;
  for (const Job& job : restore.jobs) job_ids.insert(job.id);
  DESCENT_RETURN_IF_ERROR(LogStore(directory / kLogsDirectory).RemoveAllBut(job_ids));
  std::unique_ptr<Runtime> runtime(  // NOLINT: private constructor
      new Runtime(std::move(store), directory, std::move(options)));
  runtime->owner_ = std::thread(&Runtime::Run, runtime.get(), std::move(restore));
  return runtime;
}

Runtime::Runtime(std::unique_ptr<Store> store, const std::filesystem::path& directory,
                 StateOptions options)
    : store_path_(directory / kStoreFile),
      logs_(directory / kLogsDirectory),
      state_(std::move(options)),
      store_(std::move(store)),
      metrics_(directory / kMetricsDirectory),
      last_cycle_(MonotonicNow()) {}

Runtime::~Runtime() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  owner_.join();
}

Status Runtime::Post(Item item) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kQueueMax)
      return Status(Code::kResourceExhausted,
                    std::to_string(queue_.size()) + " requests wait already; try again");
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
  return Status();
}

Status Runtime::Submit(SubmitJob event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Status Runtime::Command(CommandJob event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Status Runtime::Cancel(CancelJobs event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Status Runtime::Update(UpdateJob event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Status Runtime::CommandCheckpoint(descent::CommandCheckpoint event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Status Runtime::ChangeWorker(CommandWorker event, OnAnswer on_answer) {
  return Post({Event(std::move(event)), std::move(on_answer)});
}

Result<std::vector<StoredEvent>> Runtime::Events(const std::string& job_id, std::int64_t after,
                                                 int count_max) const {
  return ReadEvents(store_path_, job_id, after, count_max);
}

Result<std::vector<StoredEvent>> Runtime::EventsOfAll(std::int64_t after, int count_max) const {
  return ReadEventsOfAll(store_path_, after, count_max);
}

Status Runtime::Read(OnState on_state) { return Post({std::move(on_state), nullptr}); }

Result<ClusterSnapshot> Runtime::Snapshot() {
  return Ask<ClusterSnapshot>(
      [this](const State& state) { return TakeSnapshot(state, counters_, Now()); });
}

Result<Job> Runtime::FindJob(const std::string& job_id) {
  DESCENT_ASSIGN(JobInQueue found, FindJobInQueue(job_id));
  return std::move(found.job);
}

Result<JobInQueue> Runtime::FindJobInQueue(const std::string& job_id) {
  return Ask<JobInQueue>([job_id](const State& state) -> Result<JobInQueue> {
    const Job* job = state.FindJob(job_id);
    if (job == nullptr) return Status(Code::kNotFound, "jobs/" + job_id + " does not exist");
    return JobInQueue{*job, state.QueuePositionOf(job_id)};
  });
}

Result<std::string> Runtime::DeletableCheckpoints(const std::string& job_id,
                                                  const std::string& etag) {
  return Ask<std::string>([job_id, etag](const State& state) -> Result<std::string> {
    const Job* job = state.FindJob(job_id);
    if (job == nullptr) return Status(Code::kNotFound, "there is no job " + job_id);
    DESCENT_RETURN_IF_ERROR(CheckEtag(*job, etag));
    if (!IsTerminal(job->state))
      return Status(
          Code::kFailedPrecondition,
          "job " + job_id + " is " + std::string(JobStateName(job->state)) + ": cancel it first");
    if (const Job* user = state.FindUserOfCheckpoints(job_id))
      return Status(Code::kFailedPrecondition,
                    "job " + user->id + " is about to start from a checkpoint of job " + job_id);
    if (state.HasHeldCheckpoint(job_id))
      return Status(Code::kFailedPrecondition,
                    "a checkpoint of job " + job_id + " is being exported");
    return state.CheckpointDirectoryOf(job_id);
  });
}

void Runtime::ReleaseCheckpoint(const std::string& job_id, std::int64_t step) {
  {
    const std::lock_guard lock(mutex_);
    // Past the queue's bound on purpose: what is held stays on disk.
    queue_.push_back({Event(descent::CommandCheckpoint{
                          .job_id = job_id, .step = step, .command = CheckpointCommand::kRelease}),
                      [](const Answer&, const State&) {}});
  }
  wake_.notify_one();
}

void Runtime::AddWatcher(const std::string& job_id, std::weak_ptr<JobWatcher> watcher) {
  std::vector<std::weak_ptr<JobWatcher>>& watchers = watchers_[job_id];
  std::erase_if(watchers, [](const auto& known) { return known.expired(); });
  watchers.push_back(std::move(watcher));
}

SessionId Runtime::OpenSession(std::weak_ptr<WorkerStream> stream) {
  const std::lock_guard lock(mutex_);
  sessions_[++last_session_] = std::move(stream);
  return last_session_;
}

Status Runtime::WorkerSays(SessionId session, WorkerMessage message, std::int64_t sequence) {
  return Post({Event(WorkerSaid{session, std::move(message), sequence}), nullptr});
}

Status Runtime::LauncherSays(RankExit exit) {
  return Post({Event(WorldEnded{std::move(exit)}), nullptr});
}

void Runtime::CloseSession(SessionId session, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.erase(session) == 0) return;  // closed from this side, which knows it
    // Past the queue's bound on purpose: losing it would leave the rank reserved, and there is at
    // most one for each stream.
    queue_.push_back({Event(WorkerGone{session, reason}), nullptr});
  }
  wake_.notify_one();
}

void Runtime::ForgetSessions() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
}

RuntimeHealth Runtime::Health() const {
  const double age = SecondsBetween(last_cycle_.load(), MonotonicNow());
  const std::lock_guard lock(mutex_);
  return {store_status_, age};
}

Status RuntimeHealth::Loop() const {
  if (cycle_age_seconds <= std::chrono::duration<double>(kCycleAgeMax).count()) return Status();
  return Status(Code::kUnavailable, "the event loop is silent since " +
                                        std::to_string(static_cast<int>(cycle_age_seconds)) + " s");
}

Status RuntimeHealth::Overall() const { return store.ok() ? Loop() : store; }

EventTime Runtime::Now() const {
  const std::chrono::duration<double> wall = WallNow().time_since_epoch();
  return {MonotonicNow(), wall.count()};
}

void Runtime::Run(Restore restore) {
  LogInfo("state restored jobs={} generation={}", restore.jobs.size(), restore.last_generation);
  Apply(restore);
  Flush();
  MonotonicTime next_tick = MonotonicNow();
  while (true) {
    std::deque<Item> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_tick, [this] { return is_stopping_ || !queue_.empty(); });
      if (is_stopping_ && queue_.empty()) return;
      batch.swap(queue_);
    }
    for (Item& item : batch) Process(std::move(item));
    // While something waits, workers that look silent may only not have been heard yet.
    if (MonotonicNow() >= next_tick && !HasQueued()) {
      Apply(Tick{});
      ForgetOldCounters();
      next_tick = MonotonicNow() + kTickInterval;
    }
    Flush();
    last_cycle_ = MonotonicNow();
  }
}

bool Runtime::HasQueued() {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

void Runtime::Process(Item item) {
  if (const auto* on_state = std::get_if<OnState>(&item.what)) {
    Flush();  // what is not durable is not shown
    (*on_state)(state_);
    return;
  }
  Event& event = std::get<Event>(item.what);
  if (item.on_answer) waiting_[++last_ticket_] = std::move(item.on_answer);
  const auto set_ticket = [this](auto& known) {
    if constexpr (requires { known.ticket; }) known.ticket = last_ticket_;
  };
  std::visit(set_ticket, event);
  if (const auto* said = std::get_if<WorkerSaid>(&event)) Count(*said);
  Apply(event);
}

void Runtime::Apply(const Event& event) {
  const EventTime now = Now();
  actions_time_ = now.wall;
  for (Action& action : state_.Apply(event, now)) actions_.push_back(std::move(action));
}

void Runtime::Flush() {
  if (actions_.empty()) return;
  // Before the state, so that a checkpoint on record has the metrics of all steps before it.
  // Without the state the same steps are computed again, and give the same metrics.
  for (const Action& action : actions_)
    if (const auto* record = std::get_if<RecordMetrics>(&action)) Record(*record);
  if (!CommitUntilDurable()) return;
  const std::vector<Action> actions = std::exchange(actions_, {});
  for (const Action& action : actions) Perform(action);
  for (const std::string& job_id : std::exchange(changed_jobs_, {})) NotifyWatchersOf(job_id);
}

// False: the coordinator stops, and what could not be stored did not happen.
bool Runtime::CommitUntilDurable() {
  while (true) {
    Status status = store_->Commit(actions_, actions_time_);
    std::unique_lock lock(mutex_);
    const bool is_news = status.ok() != store_status_.ok();
    store_status_ = status;
    if (is_news && status.ok()) LogInfo("state store writable again");
    if (status.ok()) return true;
    if (is_news) LogError("state store not writable, waiting error=\"{}\"", status.ToString());
    // A damaged or refused write does not heal: the state in memory must not run ahead of the disk.
    DESCENT_CHECK(status.code() == Code::kUnavailable || status.code() == Code::kResourceExhausted);
    if (wake_.wait_for(lock, kStoreRetryDelay, [this] { return is_stopping_; })) return false;
  }
}

void Runtime::Record(const RecordMetrics& action) {
  if (const Status status = metrics_.Record(action, WallNow()); !status.ok())
    LogWarning("metrics lost job={} error=\"{}\"", action.job_id, status.ToString());
}

void Runtime::Perform(const Action& action) {
  if (const auto* store_job = std::get_if<StoreJob>(&action)) {
    CountAndLog(*store_job);
    if (IsTerminal(store_job->job.state)) metrics_.Close(store_job->job.id);
    changed_jobs_.insert(store_job->job.id);
  } else if (const auto* forget = std::get_if<ForgetJob>(&action)) {
    Forget(forget->job_id);
  } else if (const auto* notify = std::get_if<NotifyWatchers>(&action)) {
    changed_jobs_.insert(notify->job_id);
  } else if (const auto* send = std::get_if<SendToWorker>(&action)) {
    if (const auto stream = StreamOf(send->session)) stream->Send(send->message);
  } else if (const auto* close = std::get_if<descent::CloseSession>(&action)) {
    if (const auto stream = TakeStream(close->session)) stream->Close(close->reason);
  } else if (const auto* store_cordon = std::get_if<StoreCordon>(&action)) {
    const CordonRecord& record = store_cordon->record;
    LogInfo("worker cordon pool={} world_rank={} cordon={}", record.pool, record.world_rank,
            CordonName(record.cordon));
  } else if (const auto* audit = std::get_if<StoreAudit>(&action)) {
    LogInfo("audit actor={} type={} subject={}", audit->actor, audit->type, audit->subject);
  } else if (const auto* answer = std::get_if<Answer>(&action)) {
    if (auto waiting = waiting_.extract(answer->ticket)) waiting.mapped()(*answer, state_);
  }
}

void Runtime::Forget(const std::string& job_id) {
  LogInfo("job deleted job={}", job_id);
  watchers_.erase(job_id);
  counters_.jobs.erase(job_id);
  if (const Status removed = metrics_.Remove(job_id); !removed.ok())
    LogWarning("metrics not removed job={} error=\"{}\"", job_id, removed.ToString());
}

std::shared_ptr<WorkerStream> Runtime::StreamOf(SessionId session) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<WorkerStream> Runtime::TakeStream(SessionId session) {
  const std::lock_guard lock(mutex_);
  const auto taken = sessions_.extract(session);
  return taken ? taken.mapped().lock() : nullptr;
}

void Runtime::Count(const WorkerSaid& said) {
  if (const auto* heartbeat = std::get_if<Heartbeat>(&said.message)) return Count(*heartbeat);
  if (const auto* skipped = std::get_if<CheckpointSkipped>(&said.message)) return Count(*skipped);
  const auto* reports = std::get_if<StepReports>(&said.message);
  if (reports == nullptr) return;
  const Job* job = state_.FindJob(reports->job);
  if (job == nullptr || job->attempt.generation != reports->generation) return;
  JobCounters& counters = counters_.jobs[job->id];
  counters.last_step_time = Now().wall;
  for (const StepMetrics& step : reports->steps) {
    counters.step_times.Add(step.step_seconds);
    counters.samples += step.samples;
  }
}

void Runtime::Count(const Heartbeat& heartbeat) {
  const Job* job = state_.FindJob(heartbeat.job);
  if (job == nullptr || job->attempt.generation != heartbeat.generation) return;
  std::map<std::string, double>& seconds = counters_.jobs[job->id].phase_seconds;
  for (const auto& [phase, more] : heartbeat.times.seconds)
    if (seconds.contains(phase) || seconds.size() < limits::kPhasesMax) seconds[phase] += more;
}

void Runtime::Count(const CheckpointSkipped& skipped) {
  const Job* job = state_.FindJob(skipped.job);
  if (job == nullptr || job->attempt.generation != skipped.generation) return;
  ++counters_.skipped_checkpoints;
}

void Runtime::CountAndLog(const StoreJob& action) {
  if (action.event_type.empty()) return;
  counters_.Count(action, Now().wall);
  LogInfo("job event job={} type={} from={} to={} reason={} actor={} message=\"{}\"", action.job.id,
          action.event_type, action.from_state, action.to_state, action.reason, action.origin.actor,
          action.message);
}

void Runtime::ForgetOldCounters() {
  const double before = Now().wall - kCountersKeptSeconds;
  std::erase_if(counters_.jobs, [&](const auto& entry) {
    const Job* job = state_.FindJob(entry.first);
    return job == nullptr || (IsTerminal(job->state) && job->end_time < before);
  });
}

void Runtime::NotifyWatchersOf(const std::string& job_id) {
  const auto found = watchers_.find(job_id);
  const Job* job = state_.FindJob(job_id);
  if (found == watchers_.end() || job == nullptr) return;
  std::erase_if(found->second, [](const auto& watcher) { return watcher.expired(); });
  const std::optional<QueuePosition> position = state_.QueuePositionOf(job_id);
  for (const std::weak_ptr<JobWatcher>& known : found->second)
    if (const auto watcher = known.lock()) watcher->OnJob(*job, position, last_event());
  if (found->second.empty()) watchers_.erase(found);
}

}  // namespace descent
