#include "coordinator/runtime.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/failpoint.h"
#include "common/file.h"
#include "common/log.h"
#include "coordinator/incident.h"

namespace descent {
namespace {

constexpr std::string_view kStoreFile = "state.db";
constexpr std::string_view kMetricsDirectory = "metrics";
constexpr std::string_view kLogsDirectory = "logs";
constexpr std::chrono::milliseconds kTickInterval{250};
constexpr std::chrono::seconds kStoreRetryDelay{1};
// A tick that is so late says that this process, or its machine, stood still. What workers have
// said meanwhile has not been read yet; whoever is there says something again within this time.
constexpr std::chrono::seconds kLateTick{2};
constexpr std::chrono::seconds kHearingTime = limits::kHeartbeatInterval + std::chrono::seconds(1);
// Finished jobs stay in the counters long enough for the last scrapes.
constexpr double kCountersKeptSeconds = 15 * 60;
constexpr char kTakesEffectLater[] =
    "what was asked for takes effect once it can; look before you ask again";

// What fails for one caller is nobody else's trouble. The state itself is not touched by it.
template <typename Call>
void CallOrRefuse(const Call& call, const Runtime::OnRefusal& on_refusal) {
  try {
    call();
  } catch (...) {
    on_refusal({StatusOfThrown(), "INTERNAL"});
  }
}

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::Start(const std::filesystem::path& directory,
                                                StateOptions options,
                                                WebhookEvents webhook_events) {
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory / kMetricsDirectory));
  DESCENT_ASSIGN(std::unique_ptr<Store> store, Store::Open(directory / kStoreFile));
  store->TellWebhooksOf(std::move(webhook_events));
  DESCENT_ASSIGN(Restore restore, store->Load());
  // A disk that is full now keeps nobody from starting.
  const Result<std::int64_t> restarts = store->CountStart();
  if (!restarts.ok()) LogWarning("start not counted error=\"{}\"", restarts.status().ToString());
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory / kLogsDirectory));
  std::set<std::string> job_ids;
  for (const Job& job : restore.jobs) job_ids.insert(job.id);
  DESCENT_RETURN_IF_ERROR(LogStore(directory / kLogsDirectory).RemoveAllBut(job_ids));
  DESCENT_RETURN_IF_ERROR(MetricStore(directory / kMetricsDirectory).RemoveAllBut(job_ids));
  std::unique_ptr<Runtime> runtime(  // NOLINT: private constructor
      new Runtime(std::move(store), directory, std::move(options),
                  restarts.ok() ? restarts.value() : 0));
  runtime->owner_ = std::thread(&Runtime::Run, runtime.get(), std::move(restore));
  return runtime;
}

Runtime::Runtime(std::unique_ptr<Store> store, const std::filesystem::path& directory,
                 StateOptions options, std::int64_t restarts)
    : store_path_(directory / kStoreFile),
      logs_(directory / kLogsDirectory),
      state_(std::move(options)),
      store_(std::move(store)),
      metrics_(directory / kMetricsDirectory),
      restarts_(restarts),
      last_cycle_(MonotonicNow()) {}

Runtime::~Runtime() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  owner_.join();
}

EventTime Runtime::Now() const {
  const std::chrono::duration<double> wall = WallNow().time_since_epoch();
  return {MonotonicNow(), wall.count()};
}

void Runtime::Run(Restore restore) {
  LogInfo("state restored jobs={} generation={}", restore.jobs.size(), restore.last_generation);
  Apply(restore);
  DESCENT_FAILPOINT("coordinator.restore.before");
  Flush();
  DESCENT_FAILPOINT("coordinator.restore.after");
  MonotonicTime next_tick = MonotonicNow();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_tick, [this] { return is_stopping_ || !queue_.empty(); });
      if (is_stopping_ && queue_.empty()) return;
      batch_.swap(queue_);
    }
    const MonotonicTime begin = MonotonicNow();
    if (begin - next_tick >= kLateTick) next_tick = begin + kHearingTime;
    ProcessBatch();
    const MonotonicTime processed = MonotonicNow();
    if (processed - begin >= kLateTick) next_tick = processed + kHearingTime;
    // While something waits, workers that look silent may only not have been heard yet.
    if (MonotonicNow() >= next_tick && !HasQueued()) {
      Apply(Tick{});
      ForgetOldCounters();
      next_tick = MonotonicNow() + kTickInterval;
    }
    Flush();
    last_cycle_ = MonotonicNow();
    counters_.cycles.Add(SecondsBetween(begin, last_cycle_));
    counters_.last_cycle_time = Now().wall;
  }
}

bool Runtime::HasQueued() {
  const std::lock_guard lock(mutex_);
  return !queue_.empty();
}

void Runtime::ProcessBatch() {
  while (!batch_.empty()) {
    // What is not durable is not shown. While it cannot be stored, who asks is refused, this one
    // among them.
    if (std::holds_alternative<OnState>(batch_.front().what) && !actions_.empty()) {
      Flush();
      continue;
    }
    Item item = std::move(batch_.front());
    batch_.pop_front();
    Process(std::move(item));
  }
}

void Runtime::Process(Item item) {
  if (const auto* on_state = std::get_if<OnState>(&item.what))
    return CallOrRefuse([&] { (*on_state)(state_); }, item.on_refusal);
  Event& event = std::get<Event>(item.what);
  if (item.on_answer)
    waiting_[++last_ticket_] = {std::move(item.on_answer), std::move(item.on_refusal)};
  const auto set_ticket = [this](auto& known) {
    if constexpr (requires { known.ticket; }) known.ticket = last_ticket_;
  };
  std::visit(set_ticket, event);
  if (const auto* said = std::get_if<WorkerSaid>(&event)) {
    DESCENT_FAILPOINT_IF(std::holds_alternative<CheckpointWritten>(said->message),
                         "coordinator.checkpoint.heard");
    Count(*said);
  }
  Apply(event);
}

void Runtime::Apply(const Event& event) {
  const EventTime now = Now();
  actions_time_ = now.wall;
  for (Action& action : state_.Apply(event, now)) actions_.push_back(std::move(action));
}

void Runtime::Flush() {
  if (actions_.empty()) return;
  RecordMetricsOfBatch();
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
    lock.unlock();
    RefuseWaiting(status);
    lock.lock();
    if (wake_.wait_for(lock, kStoreRetryDelay, [this] { return is_stopping_; })) return false;
  }
}

// Tells those who wait for an answer that none comes now. What they asked for is forgotten where it
// was not applied yet; the rest stays among the actions, to be stored when that can be done.
void Runtime::RefuseWaiting(const Status& why) {
  std::vector<OnRefusal> forgotten = TakeAnswerable(batch_);
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(TakeAnswerable(queue_), std::back_inserter(forgotten));
  }
  for (const OnRefusal& refuse : forgotten) refuse(NotWritable(why, "try again"));
  for (const Action& action : actions_) {
    const auto* answer = std::get_if<Answer>(&action);
    if (answer == nullptr) continue;
    if (auto waiting = waiting_.extract(answer->ticket); waiting && waiting.mapped().on_refusal)
      waiting.mapped().on_refusal(NotWritable(why, kTakesEffectLater));
  }
}

// Removes the items whose end somebody waits for.
std::vector<Runtime::OnRefusal> Runtime::TakeAnswerable(std::deque<Item>& items) {
  std::vector<OnRefusal> taken;
  std::deque<Item> others;
  for (Item& item : items) {
    if (item.on_refusal) {
      taken.push_back(std::move(item.on_refusal));
    } else {
      others.push_back(std::move(item));
    }
  }
  items = std::move(others);
  return taken;
}

// A job is stored after its metrics, so that a checkpoint on record has those of all steps before
// it, and a job that is over all of them. Without the state the same steps are computed again, and
// give the same metrics. The metrics of other jobs hold up nobody.
void Runtime::RecordMetricsOfBatch() {
  for (const Action& action : actions_)
    if (const auto* record = std::get_if<RecordMetrics>(&action)) metric_writer_.Record(*record);
  for (const Action& action : actions_)
    if (const auto* store = std::get_if<StoreJob>(&action)) metric_writer_.WaitFor(store->job.id);
}

const MetricStore& Runtime::metrics() const {
  metric_writer_.WaitForAll();
  return metrics_;
}

void Runtime::Perform(const Action& action) {
  if (const auto* store_job = std::get_if<StoreJob>(&action)) {
    CountAndLog(*store_job);
    tails_.Keep(store_job->job);
    if (IsTerminal(store_job->job.state)) metric_writer_.Close(store_job->job.id);
    changed_jobs_.insert(store_job->job.id);
  } else if (const auto* forget = std::get_if<ForgetJob>(&action)) {
    Forget(forget->job_id);
  } else if (const auto* notify = std::get_if<NotifyWatchers>(&action)) {
    changed_jobs_.insert(notify->job_id);
  } else if (const auto* send = std::get_if<SendToWorker>(&action)) {
    Send(*send);
  } else if (const auto* close = std::get_if<descent::CloseSession>(&action)) {
    if (const auto stream = TakeStream(close->session)) stream->Close(close->reason);
  } else if (const auto* store_cordon = std::get_if<StoreCordon>(&action)) {
    const CordonRecord& record = store_cordon->record;
    LogInfo("worker cordon pool={} world_rank={} cordon={}", record.pool, record.world_rank,
            CordonName(record.cordon));
  } else if (const auto* audit = std::get_if<StoreAudit>(&action)) {
    LogInfo("audit actor={} type={} subject={}", audit->actor, audit->type, audit->subject);
  } else if (const auto* answer = std::get_if<Answer>(&action)) {
    DESCENT_FAILPOINT("coordinator.answer.before");
    if (auto waiting = waiting_.extract(answer->ticket))
      CallOrRefuse([&] { waiting.mapped().on_answer(*answer, state_); },
                   waiting.mapped().on_refusal);
    DESCENT_FAILPOINT("coordinator.answer.after");
  }
}

void Runtime::Forget(const std::string& job_id) {
  LogInfo("job deleted job={}", job_id);
  watchers_.erase(job_id);
  counters_.jobs.erase(job_id);
  tails_.Forget(job_id);
  metric_writer_.Remove(job_id);
}

// A worker forgets what is acknowledged: first all metrics must be stored that were reported by
// then, also those of a report that it repeats.
void Runtime::Send(const SendToWorker& action) {
  const bool is_acknowledge = std::holds_alternative<Acknowledge>(action.message);
  const auto send = [this, is_acknowledge](const SendToWorker& known) {
    DESCENT_FAILPOINT_IF(is_acknowledge, "coordinator.acknowledge.before");
    if (const auto stream = StreamOf(known.session)) stream->Send(known.message);
    DESCENT_FAILPOINT("coordinator.message.after");
  };
  DESCENT_FAILPOINT_IF(std::holds_alternative<Assign>(action.message), "coordinator.assign.before");
  DESCENT_FAILPOINT_IF(std::holds_alternative<Begin>(action.message), "coordinator.begin.before");
  DESCENT_FAILPOINT_IF(std::holds_alternative<GrantSteps>(action.message),
                       "coordinator.grant.before");
  if (!is_acknowledge) return send(action);
  metric_writer_.AfterAll([send, action] { send(action); });
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

// What is of an attempt that is over is not counted.
void Runtime::Count(const WorkerSaid& said) {
  const auto count = [this](const auto& message) {
    if constexpr (requires { counters_.Count(Job(), message); }) {
      if (const Job* job = JobOf(message)) counters_.Count(*job, message);
    } else if constexpr (requires { counters_.Count(Job(), message, 0.0); }) {
      if (const Job* job = JobOf(message)) counters_.Count(*job, message, Now().wall);
    }
  };
  std::visit(count, said.message);
}

// Null: the message is not of its attempt.
template <typename Message>
const Job* Runtime::JobOf(const Message& message) const {
  const Job* job = state_.FindJob(message.job);
  return job == nullptr || job->attempt.generation != message.generation ? nullptr : job;
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
