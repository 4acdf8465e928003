#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/limits.h"
#include "coordinator/action.h"
#include "coordinator/attempt.h"
#include "coordinator/event.h"
#include "coordinator/job.h"
#include "coordinator/membership.h"
#include "coordinator/scheduler.h"
#include "coordinator/world_ends.h"

namespace descent {

struct StateOptions {
  std::string checkpoint_root;  // absolute; a job's checkpoints lie in checkpoint_root/JOB
  std::string version = "";     // of this program
  std::chrono::seconds stall_timeout = limits::kStallTimeout;  // 0: no limit; see FindStall
  // A running job gets more ranks after so long, if it goes on for as long again; 0: never.
  std::chrono::seconds resize_interval{0};
  LowWatermark low_watermark = {};  // of the checkpoints' volume
  // Of jobs that say nothing of their own: for a gang to prepare in.
  std::chrono::seconds start_timeout = limits::kStartTimeout;
  std::chrono::seconds min_runtime{0};  // nobody is preempted who has run for less
  // Days for which a job that SUCCEEDED stays, others twice as many, unless it says so itself; 0:
  // for ever.
  double keep_jobs_days = 0;
};

// A job that has ended and has stayed for as long as it was to.
struct ExpiredJob {
  std::string job_id;
  std::int64_t sequence = 0;  // tells it from another of that name
  bool deletes_checkpoints = false;
};

// The coordinator's whole mind: a pure state machine. No clock, thread, file, socket or gRPC. One
// thread owns it. Equal events at equal times give equal actions.
class State {
 public:
  explicit State(StateOptions options);
  ~State();

  std::vector<Action> Apply(const Event& event, EventTime now);

  // What can be read between events.
  const Job* FindJob(const std::string& job_id) const;  // null: unknown
  // Null: the request made none.
  const Job* FindJobOfRequest(const std::string& owner, const std::string& request_id) const;
  std::vector<const Job*> jobs() const;  // newest first
  std::vector<PoolView> pools() const;
  std::optional<QueuePosition> QueuePositionOf(const std::string& job_id) const;  // of waiting jobs
  std::map<std::string, QueuePosition> QueuePositions() const;  // of all of them, by job
  Placement PlacementOf(const SubmitJob& event) const;
  // That a new job may be made of it. kAlreadyExists: another one has its id. kUnavailable: what it
  // starts from is gone. kResourceExhausted: its owner's quota.
  Status CheckSubmission(const SubmitJob& event) const;
  std::int64_t generation() const;
  std::string CheckpointDirectoryOf(const std::string& job_id) const;
  // A job that is not at its end and has yet to start from another one's checkpoint; null: none.
  const Job* FindUserOfCheckpoints(const std::string& job_id) const;
  bool HasHeldCheckpoint(const std::string& job_id) const;  // whose files somebody reads
  // Those that may be forgotten now: state_expiry.cc.
  std::vector<ExpiredJob> ExpiredJobs(EventTime now) const;
  // That it still is one of them.
  bool IsStillExpired(const ExpiredJob& job, EventTime now) const;

 private:
  friend class StateFingerprint;  // of tests: tells whether two states go on alike

  // What only this process needs to know of a job that is not at its end.
  struct JobMemory {
    std::optional<MonotonicTime> retry_at;              // it waits for this before its next attempt
    std::map<EvaluationSplit, std::int64_t> evaluated;  // the last step recorded
    std::optional<int> resize_to;      // the most ranks of its next attempt: it is served first
    std::vector<SessionId> grew_from;  // the ranks on which it ran, until it runs on more of them
    std::vector<SessionId> went_back_to;  // the ranks that it had before it grew, in vain
    std::set<SessionId> avoided;          // and those on which it then did not start
    int failed_growths = 0;
    std::optional<MonotonicTime>
        active_since;                  // while it is active: its time is counted up to here
    double active_seconds_stored = 0;  // of its active time, what a restart surely finds
  };

  // Events: state.cc.
  void On(const Restore& event);
  void On(const SubmitJob& event);
  void On(const CommandJob& event);  // state_commands.cc
  void On(const CancelJobs& event);
  void On(const UpdateJob& event);
  void On(const CommandCheckpoint& event);
  void On(const CommandWorker& event);  // state_cordons.cc
  void On(const WorkerSaid& event);
  void On(const WorkerGone& event);
  void On(const WorldEnded& event);  // state_worlds.cc
  void On(const Tick& event);

  // The queue: state_queue.cc.
  void Schedule();
  std::vector<const Job*> WaitingJobs() const;  // in the order of service
  bool IsPausing(const Job& job) const;         // until its next attempt
  std::optional<WaitReason> ExplainSpared(const GangRequest& next,
                                          const std::vector<PoolView>& pools) const;
  GangRequest RequestOf(const Job& job) const;
  std::vector<PoolView> ServedPools() const;
  std::optional<double> EstimateStart(const GangRequest& next,
                                      const std::vector<PoolView>& pools) const;

  // The jobs: state.cc.
  Job& AddJob(Job job);
  Job& JobOf(const Attempt& attempt);
  void Move(Job& job, JobState to, std::string reason, std::string message,
            std::string_view event_type = "StateChanged");

  // A change by who asked for what is being applied.
  void StoreAuditOf(std::string type, std::string subject, std::string message);

  // What users ask of jobs: state_commands.cc. Not ok: the state does not allow it.
  Status Obey(Job& job, JobCommand command);
  Status Cancel(Job& job);
  Status Suspend(Job& job);
  Status Resume(Job& job);
  Status StopEarly(Job& job);
  Status SaveAndGoOn(Job& job);
  Status Delete(const Job& job);
  std::vector<RunningGang> RunningGangs() const;
  double SparedSeconds(const Attempt& attempt) const;  // so long it is not preempted yet
  void PreemptForWaiting(const std::vector<GangRequest>& waiting);
  void EndSuspending(Job& job, const std::string& cause);  // cause: "" or "why; "
  // Suspends the job until ranks are free again; `reason` is kPreempted, kDrained or
  // kWorkerLeaving.
  void GiveWay(Attempt& attempt, std::string_view reason, const std::string& cause);
  void Finish(Job& job, const Attempt& attempt);  // what a command asked it to end for

  // Jobs that go on with more or fewer ranks: state_resizing.cc.
  void GrowOne();
  bool IsWorthGrowing(const Attempt& attempt) const;
  void Shrink(Attempt& attempt, int ranks_left);
  // False: it has not grown, or that is not why the attempt failed.
  bool TakeBackGrowth(Job& job, const Attempt& ended);
  void Resize(Attempt& attempt, int ranks_max, const std::string& change);

  // Deadlines, and the time that counts for them: state_deadlines.cc.
  void RestoreActiveTime(Job& job);
  void CountActiveTime(Job& job);
  void EnforceDeadlines();
  static bool IsPastDeadline(const Job& job);
  static bool IsDeadlineOver(const Job& job);  // whether or not it is ending
  void EndPastDeadline(Job& job);
  void FailPastDeadline(Job& job, const std::string& cause);  // cause: "" or "why; "

  // Pools that take one job alone: state_own_pools.cc.
  void DismissOwnPools(const Job& job);
  bool DismissIfOver(SessionId session, const Register& message);  // whether it is sent away
  void SendAway(SessionId session, JobOutcome outcome);

  // Workers that get no new jobs: state_cordons.cc.
  void Obey(WorkerView& worker, WorkerCommand command);
  // Its job moves to others.
  void Vacate(const WorkerView& worker, std::string_view reason, const std::string& cause);
  void LeaveTogether(const WorkerView& leaver, const std::string& reason);
  // Why the job of one that registers gives way: it leaves, or its world ends. Absent: it stays.
  std::optional<std::string> CauseToLeave(const WorkerView& worker, const Register& message) const;
  void SetCordon(WorkerView& worker, Cordon cordon, std::string audit_type,
                 const std::string& cause = "");

  // Checkpoints: state_checkpoints.cc.
  Status Obey(Job& job, const CommandCheckpoint& command);
  void Release(const CommandCheckpoint& event);
  std::optional<std::string> UserOf(const Job& job, const CheckpointRecord& checkpoint) const;
  const Job* FindStarter(const std::string& directory) const;  // about to start there; null: none
  bool IsHeld(const Job& job, const CheckpointRecord& checkpoint) const;
  bool IsAwaited(const Job& job, const CheckpointRecord& checkpoint) const;
  bool HasCheckpoint(const std::string& directory) const;
  bool IsExpired(const Job& job, EventTime now) const;  // state_expiry.cc
  std::vector<std::int64_t> KeptCheckpoints(const std::string& job_id) const;
  // The one that the attempt could not start from, so that the next starts from the one before it.
  // False: that is not why it ended, or there is no other.
  bool DropDamagedCheckpoint(Job& job, const Attempt& ended);

  // What workers say: state_workers.cc.
  void Hear(SessionId session, const Register& message);
  void Hear(SessionId session, const Heartbeat& message);
  void Hear(SessionId session, const Prepared& message);
  void Hear(SessionId session, const StepReports& message);
  void Hear(SessionId session, const EvaluationReport& message);
  void Hear(SessionId session, const CheckpointWritten& message);
  void Hear(SessionId session, const CheckpointSkipped& message);
  void Hear(SessionId session, const AssignmentEnded& message);
  void Hear(SessionId session, const Goodbye& message);
  void Lose(SessionId session, const std::string& reason);   // the stream is closed
  void Close(SessionId session, const std::string& reason);  // loses it, and closes the stream

  // Ranks whose states differ: state_divergence.cc. False: that is not why the rank's part has
  // ended. May end the attempt, which leaves `attempt` invalid.
  bool HearDivergence(Attempt& attempt, const AssignmentEnded& message);
  void JudgeDivergence(Attempt& attempt);  // whose ranks are all released
  bool CanDoWithout(const Attempt& attempt, const std::vector<int>& ranks) const;
  void Quarantine(const Attempt& attempt, const std::vector<int>& ranks, std::int64_t step);

  // What launchers say: state_worlds.cc.
  void Explain(const WorldEnds::ExplainedLoss& loss);
  void LoseDetached(Attempt& attempt);  // may end it, which leaves `attempt` invalid

  // An attempt that went on while the coordinator was restarted: state_reattach.cc.
  bool RestoreAttempt(Job& job);
  void Reattach(SessionId session, const Register& message,
                const std::optional<std::string>& leave_cause);
  void EndVoidAssignment(WorkerView& worker);
  void ResumeGrants(Attempt& attempt);
  void GiveUpOnDetached(Attempt& attempt);
  void StoreEvent(const Job& job, const std::string& event_type, const std::string& message);

  // The life of an attempt: state_attempts.cc. Those that may end it leave `attempt` invalid.
  Attempt* FindAttempt(SessionId session, const std::string& job_id, std::int64_t generation);
  void StartAttempt(const Gang& gang);
  void BeginSteps(Attempt& attempt);
  void GrantMore(Attempt& attempt);
  void SendGrants(const Attempt& attempt, std::vector<GrantSteps> grants);
  std::chrono::seconds StartTimeoutOf(const Job& job) const;
  void CheckTimeout(Attempt& attempt);
  void CheckStall(Attempt& attempt);
  bool IsEvaluating(const Attempt& attempt) const;
  bool IsWorthWaitingFor(const Attempt& attempt) const;
  void TellToStop(Attempt& attempt, StopMode mode);
  void TellToSave(const Attempt& attempt);
  void Fail(Attempt& attempt, AttemptFailure failure);
  void FinishIfReleased(Attempt& attempt);
  void Succeed(Job& job, const Attempt& attempt);
  void Retry(Job& job, const Attempt& attempt);
  void SendToMembers(const Attempt& attempt, const CoordinatorMessage& message);

  using HeldCheckpoint = std::tuple<std::string, std::int64_t, std::uint64_t>;  // job, step, hold

  // Requests are told apart by their ids; each owner has ids of its own.
  using RequestKey = std::pair<std::string, std::string>;  // owner, request_id

  const StateOptions options_;
  std::map<std::int64_t, Job, std::greater<>> jobs_;  // by sequence, newest first
  std::map<std::string, std::int64_t> sequences_;     // by job
  std::map<RequestKey, std::string> requests_;        // job by request
  std::map<std::int64_t, JobMemory> memories_;        // by sequence: of jobs not at their end
  std::map<std::string, Attempt> attempts_;           // by job: those with ranks
  std::set<HeldCheckpoint> held_;                     // once for each hold
  Membership membership_;
  Cordons cordons_;
  WorldEnds world_ends_;
  std::int64_t generation_ = 0;
  std::int64_t last_sequence_ = 0;
  std::optional<EventTime> first_event_;

  // Of the event being applied.
  EventTime now_;
  Origin origin_;  // of what it itself changes, not of what follows from that
  std::vector<Action> actions_;
  bool is_schedule_due_ = false;  // something changed that may give a waiting job its ranks
};

}  // namespace descent
