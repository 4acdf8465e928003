#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "common/result.h"
#include "coordinator/cluster_snapshot.h"
#include "coordinator/event_log.h"
#include "coordinator/log_store.h"
#include "coordinator/metric_store.h"
#include "coordinator/metric_writer.h"
#include "coordinator/refusal.h"
#include "coordinator/runtime_listener.h"
#include "coordinator/state.h"
#include "coordinator/store.h"
#include "coordinator/tail_keeper.h"
#include "coordinator/webhook_event.h"

namespace descent {

// Whether a coordinator can do its work, part by part.
struct RuntimeHealth {
  Status store;                  // of the last attempt to write the state
  double cycle_age_seconds = 0;  // since the owner thread last came round
  bool is_stopping = false;      // BeginStop was called

  Status Loop() const;     // ok, or since when the event loop is silent
  Status Overall() const;  // the first of all that is not ok
};

// Turns events into actions and performs them: the only place where the pure State meets the world.
// One thread, the owner, applies events in the order they were posted, makes what they changed
// durable in one transaction, and only then tells anybody. While the store cannot be written
// nothing else happens: requests are refused, workers train on within their grants. All public
// functions may be called from any thread unless they say otherwise.
class Runtime {
 public:
  using OnAnswer = std::function<void(const Answer& answer, const State& state)>;
  using OnState = std::function<void(const State& state)>;
  using OnRefusal = std::function<void(const Refusal& refusal)>;

  // Opens DIRECTORY/state.db, DIRECTORY/metrics and DIRECTORY/logs, restores the jobs and starts
  // the owner thread. `webhook_events`: what the outbox of webhooks gets.
  static Result<std::unique_ptr<Runtime>> Start(const std::filesystem::path& directory,
                                                StateOptions options,
                                                WebhookEvents webhook_events = {});
  ~Runtime();  // ends the owner thread after what is posted; nobody may call any more

  // The event's ticket is set here. Either `on_answer` is called once, on the owner thread, when
  // the answer is durable; or `on_refusal` once, on this thread or on that one:
  //   kResourceExhausted              too much is waiting
  //   kUnavailable STATE_STORE_BUSY   the store cannot be written. What was applied already cannot
  //   kResourceExhausted DISK_FULL    be taken back: the message says that it takes effect later
  //   kInternal                       on_answer has thrown
  void Submit(SubmitJob event, OnAnswer on_answer, OnRefusal on_refusal);
  void Command(CommandJob event, OnAnswer on_answer, OnRefusal on_refusal);
  void Cancel(CancelJobs event, OnAnswer on_answer, OnRefusal on_refusal);
  void Update(UpdateJob event, OnAnswer on_answer, OnRefusal on_refusal);
  void CommandCheckpoint(descent::CommandCheckpoint event, OnAnswer on_answer,
                         OnRefusal on_refusal);
  void ChangeWorker(CommandWorker event, OnAnswer on_answer, OnRefusal on_refusal);

  // Takes back a CheckpointCommand::kHold that was posted before, whatever waits and whatever
  // became of it.
  void ReleaseCheckpoint(const std::string& job_id, std::int64_t step, std::uint64_t hold);

  // Calls `on_state` on the owner thread, after everything posted before is durable, or
  // `on_refusal` as above. Neither may block.
  void Read(OnState on_state, OnRefusal on_refusal);

  // What `question` answers on the owner thread, as in Read. Blocks for that, at most two seconds:
  // then kUnavailable, and the question, which must own what it uses, may still be asked.
  template <typename T>
  Result<T> Ask(std::function<Result<T>(const State& state)> question);

  // Copies of what the owner thread knows. They block as Ask does. kNotFound: no such job.
  Result<ClusterSnapshot> Snapshot();
  Result<Job> FindJob(const std::string& job_id);
  Result<JobInQueue> FindJobInQueue(const std::string& job_id);

  // The directory with the checkpoints of a job that may be deleted; it need not exist. Blocks as
  // above. kNotFound; kAborted: the etag is not the job's; kFailedPrecondition: it is not at its
  // end, another job is about to start from one of its checkpoints, or one is being exported.
  Result<std::string> DeletableCheckpoints(const std::string& job_id, const std::string& etag);

  // Those that may be forgotten now. Blocks as above.
  Result<std::vector<ExpiredJob>> ExpiredJobs();

  // The directory with the checkpoints of a job that ExpiredJobs has named, if it may still be
  // forgotten. Blocks as above. kAborted: it may not any more, or is gone.
  Result<std::string> CheckpointsOfExpired(const ExpiredJob& job);

  // From the disk; blocks.
  Result<std::vector<StoredEvent>> Events(const std::string& job_id, std::int64_t after,
                                          int count_max) const;
  Result<std::vector<StoredEvent>> EventsOfAll(std::int64_t after, int count_max) const;

  // Only on the owner thread, inside a Read. Watchers that are gone are forgotten.
  void AddWatcher(const std::string& job_id, std::weak_ptr<JobWatcher> watcher);
  std::int64_t last_event() const { return store_->last_event(); }

  // A worker has connected. Its messages follow, and CloseSession at the end, however it came.
  SessionId OpenSession(std::weak_ptr<WorkerStream> stream);
  Status WorkerSays(SessionId session, WorkerMessage message, std::int64_t sequence);
  void CloseSession(SessionId session, const std::string& reason);

  // A launcher says how a world ended.
  Status LauncherSays(RankExit exit);

  // The coordinator stops: it is not ready any more, and streams that close from now on are not the
  // workers' doing, so no job loses its attempt by it.
  void BeginStop();

  // With everything that was reported before the call; blocks until it is stored. Not for the owner
  // thread.
  const MetricStore& metrics() const;
  LogStore& logs() { return logs_; }
  const std::filesystem::path& store_path() const { return store_path_; }  // state.db

  RuntimeHealth Health() const;

  // Ok, or why the coordinator cannot do its work now.
  Status Readiness() const { return Health().Overall(); }

 private:
  struct Item {
    std::variant<Event, OnState> what;
    OnAnswer on_answer = nullptr;
    OnRefusal on_refusal = nullptr;  // absent: the event is not forgotten, whatever the store says
  };
  struct Waiting {
    OnAnswer on_answer;
    OnRefusal on_refusal;
  };

  Runtime(std::unique_ptr<Store> store, const std::filesystem::path& directory,
          StateOptions options, std::int64_t restarts);

  static constexpr std::chrono::seconds kAskTimeout{2};

  void Post(Item item);
  Status PostOfWorker(Event event);
  std::optional<Refusal> Enqueue(Item& item, bool needs_store);
  void Run(Restore restore);
  bool HasQueued();
  void ProcessBatch();
  void Process(Item item);
  void Apply(const Event& event);
  void Flush();
  bool CommitUntilDurable();
  void RefuseWaiting(const Status& why);
  static std::vector<OnRefusal> TakeAnswerable(std::deque<Item>& items);
  void RecordMetricsOfBatch();
  void Perform(const Action& action);
  void Forget(const std::string& job_id);
  void Send(const SendToWorker& action);
  std::shared_ptr<WorkerStream> StreamOf(SessionId session) const;
  std::shared_ptr<WorkerStream> TakeStream(SessionId session);
  void Count(const WorkerSaid& said);
  template <typename Message>
  const Job* JobOf(const Message& message) const;
  void CountAndLog(const StoreJob& action);
  void ForgetOldCounters();
  void NotifyWatchersOf(const std::string& job_id);
  EventTime Now() const;

  const std::filesystem::path store_path_;
  LogStore logs_;            // any thread's, but not the owner's: it blocks
  TailKeeper tails_{logs_};  // the owner thread's

  // The owner thread's alone.
  State state_;
  std::unique_ptr<Store> store_;
  MetricStore metrics_;          // its queries are any thread's, what changes it metric_writer_'s
  const std::int64_t restarts_;  // before this start, of coordinators with this state directory
  std::vector<Action> actions_;  // not performed yet
  double actions_time_ = 0;
  std::deque<Item> batch_;  // taken from the queue, not processed yet
  std::map<Ticket, Waiting> waiting_;
  Ticket last_ticket_ = 0;
  std::map<std::string, std::vector<std::weak_ptr<JobWatcher>>> watchers_;
  std::set<std::string> changed_jobs_;
  Counters counters_;

  mutable std::mutex mutex_;  // guards the following
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool is_stopping_ = false;  // the owner thread
  bool has_begun_stop_ = false;
  std::map<SessionId, std::weak_ptr<WorkerStream>> sessions_;
  SessionId last_session_ = 0;
  Status store_status_;

  std::atomic<MonotonicTime> last_cycle_;
  // Ends before what it uses: the metrics, the sessions.
  MetricWriter metric_writer_{metrics_};
  std::thread owner_;
};

template <typename T>
Result<T> Runtime::Ask(std::function<Result<T>(const State& state)> question) {
  // Shared with the owner thread, which may answer after this caller has given up.
  const auto promise = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> answer = promise->get_future();
  Read([promise, question = std::move(question)](
           const State& state) { promise->set_value(question(state)); },
       [promise](const Refusal& refusal) {
         const Code code = refusal.status.code();
         promise->set_value(
             Status(code == Code::kInternal ? code : Code::kUnavailable, refusal.status.message()));
       });
  if (answer.wait_for(kAskTimeout) != std::future_status::ready)
    return Status(Code::kUnavailable, "the coordinator is busy; try again");
  return answer.get();
}

}  // namespace descent
