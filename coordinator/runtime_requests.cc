// Runtime's part that other threads call.
#include <utility>

#include "coordinator/runtime.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kCycleAgeMax{5};
// Requests and messages that wait for the owner thread: two seconds' worth at the rate it is built
// for. Beyond, callers are told to come back.
constexpr std::size_t kQueueMax = 16384;

}  // namespace

// Takes the item, unless there is a reason not to.
std::optional<Refusal> Runtime::Enqueue(Item& item, bool needs_store) {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= kQueueMax) return QueueFull(queue_.size());
    if (needs_store && !store_status_.ok()) return NotWritable(store_status_, "try again");
    queue_.push_back(std::move(item));
  }
  wake_.notify_one();
  return std::nullopt;
}

void Runtime::Post(Item item) {
  if (const auto refusal = Enqueue(item, /*needs_store=*/true)) item.on_refusal(*refusal);
}

// What workers say waits for the store: they train on meanwhile.
Status Runtime::PostOfWorker(Event event) {
  Item item{std::move(event)};
  const auto refusal = Enqueue(item, /*needs_store=*/false);
  return refusal ? refusal->status : Status();
}

void Runtime::Submit(SubmitJob event, OnAnswer on_answer, OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

void Runtime::Command(CommandJob event, OnAnswer on_answer, OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

void Runtime::Cancel(CancelJobs event, OnAnswer on_answer, OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

void Runtime::Update(UpdateJob event, OnAnswer on_answer, OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

void Runtime::CommandCheckpoint(descent::CommandCheckpoint event, OnAnswer on_answer,
                                OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

void Runtime::ChangeWorker(CommandWorker event, OnAnswer on_answer, OnRefusal on_refusal) {
  Post({Event(std::move(event)), std::move(on_answer), std::move(on_refusal)});
}

Result<std::vector<StoredEvent>> Runtime::Events(const std::string& job_id, std::int64_t after,
                                                 int count_max) const {
  return ReadEvents(store_path_, job_id, after, count_max);
}

Result<std::vector<StoredEvent>> Runtime::EventsOfAll(std::int64_t after, int count_max) const {
  return ReadEventsOfAll(store_path_, after, count_max);
}

void Runtime::Read(OnState on_state, OnRefusal on_refusal) {
  Post({std::move(on_state), nullptr, std::move(on_refusal)});
}

Result<ClusterSnapshot> Runtime::Snapshot() {
  return Ask<ClusterSnapshot>([this](const State& state) {
    ClusterSnapshot snapshot = TakeSnapshot(state, counters_, Now());
    snapshot.counters.commits = store_->commit_times();
    snapshot.restarts = restarts_;
    return snapshot;
  });
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

Result<std::vector<ExpiredJob>> Runtime::ExpiredJobs() {
  return Ask<std::vector<ExpiredJob>>(
      [this](const State& state) { return state.ExpiredJobs(Now()); });
}

Result<std::string> Runtime::CheckpointsOfExpired(const ExpiredJob& job) {
  return Ask<std::string>([this, job](const State& state) -> Result<std::string> {
    if (!state.IsStillExpired(job, Now()))
      return Status(Code::kAborted, "job " + job.job_id + " is to stay now, or is gone");
    return state.CheckpointDirectoryOf(job.job_id);
  });
}

void Runtime::ReleaseCheckpoint(const std::string& job_id, std::int64_t step, std::uint64_t hold) {
  {
    const std::lock_guard lock(mutex_);
    // Past the queue's bound, and not to be refused, on purpose: what is held stays on disk.
    queue_.push_back(
        {Event(descent::CommandCheckpoint{
             .job_id = job_id, .step = step, .command = CheckpointCommand::kRelease, .hold = hold}),
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
  return PostOfWorker(WorkerSaid{session, std::move(message), sequence});
}

Status Runtime::LauncherSays(RankExit exit) { return PostOfWorker(WorldEnded{std::move(exit)}); }

void Runtime::CloseSession(SessionId session, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (sessions_.erase(session) == 0) return;  // closed from this side, which knows it
    // Past the queue's bound on purpose: losing it would leave the rank reserved, and there is at
    // most one for each stream.
    queue_.push_back({Event(WorkerGone{session, reason})});
  }
  wake_.notify_one();
}

void Runtime::BeginStop() {
  const std::lock_guard lock(mutex_);
  has_begun_stop_ = true;
  sessions_.clear();
}

RuntimeHealth Runtime::Health() const {
  const double age = SecondsBetween(last_cycle_.load(), MonotonicNow());
  const std::lock_guard lock(mutex_);
  return {store_status_, age, has_begun_stop_};
}

Status RuntimeHealth::Loop() const {
  if (cycle_age_seconds <= std::chrono::duration<double>(kCycleAgeMax).count()) return Status();
  return Status(Code::kUnavailable, "the event loop is silent since " +
                                        std::to_string(static_cast<int>(cycle_age_seconds)) + " s");
}

Status RuntimeHealth::Overall() const {
  if (is_stopping) return Status(Code::kUnavailable, "the coordinator is stopping");
  return store.ok() ? Loop() : store;
}

}  // namespace descent
