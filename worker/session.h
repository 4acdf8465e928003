#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/phase_times.h"
#include "common/profile_options.h"
#include "common/worker_protocol.h"
#include "worker/collective/group_meeting.h"
#include "worker/coordinator_link.h"
#include "worker/log_link.h"
#include "worker/output_relay.h"
#include "worker/process_meter.h"
#include "worker/train/assignment.h"
#include "worker/train/progress_marker.h"
#include "worker/train/step_control.h"

namespace descent {

// The life of one rank: it attaches to the coordinator, runs one assignment after the other, and
// leaves when asked to. Run, from the thread that may use MPI; the others, from any.
class Session final : private AssignmentReporter {
 public:
  // Records of each assignment what `profile` asks for. What is logged into `log` meanwhile goes to
  // the coordinator.
  // `output`, which outlives this, is told of the assignments too; null: nobody sends the output.
  // `on_leave` runs in one of the session's threads when this rank has to leave with its world.
  Session(const std::string& coordinator_address, const Credentials& credentials, Register identity,
          ProfileOptions profile, std::shared_ptr<LogRing> log, OutputRelay* output,
          std::function<void()> on_leave);

  // Returns once RequestEnd was called, or the worker was dismissed, and the assignment in progress
  // has ended. True: its job has not, and goes on from the state that was saved.
  bool Run();

  // What became of the only job of the pool, if the worker was dismissed for that.
  std::optional<JobOutcome> dismissed() const;

  // Says that this rank leaves. The coordinator then stops the job of the assignment in progress,
  // on all its ranks after the same step, with its state saved; and has the world's other ranks
  // leave, which on_leave hears. An assignment that has not begun is dropped.
  void RequestEnd(const std::string& reason);
  // The same stop without the coordinator: after RequestEnd, where nothing is heard of it. Only
  // while the ranks have steps left to run: within these they agree on it.
  void StopByItself();
  // Drops the assignment in progress now, and ends WaitUntilStored.
  void Abort();

  // After Run: blocks until the coordinator has stored what this rank has reported.
  void WaitUntilStored();

 private:
  struct Work {
    Assign assign;
    std::shared_ptr<StepControl> control;
    std::shared_ptr<ProgressMarker> progress;
  };

  // From the link's threads.
  void OnMessage(CoordinatorMessage&& message);
  void OnAssign(Assign assign);
  void OnStored(const WorkerMessage& report, const std::vector<std::int64_t>& kept_checkpoints);
  void OnDismiss(const Dismiss& dismiss);
  Register MakeIdentity();
  std::optional<AssignmentEnded> LastEnd();
  Heartbeat MakeHeartbeat();
  std::shared_ptr<StepControl> ControlOf(std::int64_t generation);

  // From the thread in Run.
  std::optional<Work> WaitForWork();
  AssignmentEnded Perform(const Work& work);
  void BeginLog(const Assign& assign);
  void EndLog(const AssignmentEnded& ended);
  void Report(WorkerMessage message) override;
  void SetPhase(std::string_view phase, std::int64_t step) override;
  std::vector<std::int64_t> KeptCheckpoints() const override;
  void FlushSteps();

  const Register identity_;
  const ProfileOptions profile_;
  const std::shared_ptr<LogRing> log_;
  OutputRelay* const output_;  // null: none
  const std::function<void()> on_leave_;
  const ProcessMeter meter_;
  GroupMeeting meeting_;  // the running thread's

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> leaving_;  // why; guarded by mutex_, as is all below
  std::optional<JobOutcome> dismissed_;
  std::optional<Work> next_;                    // assigned, and not yet taken up
  std::optional<Work> current_;                 // in progress
  std::optional<Work> last_;                    // the newest that was in progress, ended or not
  std::optional<AssignmentEnded> last_end_;     // of last_, once it has ended
  std::vector<std::int64_t> kept_checkpoints_;  // see KeptCheckpoints; of current_
  Heartbeat status_;                            // without its times and progress
  PhaseClock phases_;                           // of current_
  MonotonicTime phase_entered_at_;              // of current_

  // Of the thread in Run.
  StepReports unsent_steps_;
  MonotonicTime last_steps_sent_at_;
  std::optional<MonotonicTime> begun_at_;  // until the first step of the assignment is done

  LogLink log_link_;
  CoordinatorLink link_;  // last: its threads use all of the above
};

}  // namespace descent
