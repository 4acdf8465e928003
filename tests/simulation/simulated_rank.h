#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/worker_protocol.h"
#include "coordinator/event.h"
#include "tests/simulation/checkpoint_disk.h"
#include "tests/simulation/training_state.h"
#include "worker/train/step_requests.h"

namespace descent {

// One rank: what worker/session.cc, worker/coordinator_link.cc, worker/train/step_control.cc and
// worker/train/assignment_run.cc do, without threads, files and MPI. Whoever drives it delivers its
// messages, and completes the calls that all ranks of a gang have entered (simulated_gang.h).
// A value: a copy goes its own way.
class SimulatedRank {
 public:
  struct Place {
    std::string pool;
    int world_rank = 0;
    int world_size = 1;
    std::string host;
  };

  // The collective call that it has entered, and waits in for the others.
  enum class Call {
    kNone,
    kStep,
    kFinish,  // of a last grant without steps
    kStop,    // after its last grant
  };

  struct Said {
    WorkerMessage message;
    std::int64_t sequence = 0;  // of a report
  };

  // The newest assignment in progress.
  struct Work {
    std::shared_ptr<const Assign> assign;
    // What it was told:
    bool has_begun = false;
    bool is_told_to_stop = false;
    bool is_aborted = false;
    StepRequests requests;
    std::deque<GrantSteps> grants;
    std::optional<std::int64_t> granted;
    // What it does:
    bool is_prepared = false;
    bool is_training = false;
    TrainingState state;
    std::optional<GrantSteps> grant;  // taken up
    Call call = Call::kNone;
    StepRequests entered_with;  // what it had heard when it entered the call
    std::int64_t heard_request = 0;
    std::int64_t saved_request = 0;
    std::int64_t saved_step = 0;
  };

  explicit SimulatedRank(Place place) : place_(std::move(place)) {}

  // Its stream. Opening one queues the identity, the reports that are kept, and the last end.
  void OpenStream(SessionId session);
  void CloseStream();
  void Receive(const CoordinatorMessage& message);
  std::vector<Said> TakeOutbox();
  Heartbeat MakeHeartbeat() const;

  // Its process is asked to leave. StopByItself: nothing was heard of a coordinator since.
  void RequestEnd(const std::string& reason);
  void StopByItself();

  // Goes on until it waits: for work, to be prepared, for a message, or in a call.
  void GoOn();
  bool needs_preparation() const { return work_ && !work_->is_prepared; }
  // Reads its data and the checkpoint to start from. It needs that.
  void Prepare(const CheckpointDisk& disk);

  // Of simulated_gang.cc:
  Work& work() { return *work_; }  // it has some
  void Report(WorkerMessage message);
  void End(EndOutcome outcome);  // the reason of kFailed is PeerLost, which can be tried again
  void Fail(const std::string& reason);  // which cannot
  void LeaveCall();
  const std::vector<std::int64_t>& kept_checkpoints() const { return kept_checkpoints_; }
  void Blame(std::string what) { problems_.push_back(std::move(what)); }

  const Place& place() const { return place_; }
  SessionId session() const { return session_; }  // 0: it has no stream
  const std::optional<Work>& current() const { return work_; }
  std::int64_t newest_generation() const { return newest_generation_; }  // that it took up; 0: none
  bool is_leaving() const { return leaving_.has_value(); }
  bool has_left() const { return leaving_ && !work_ && reports_.empty(); }
  const std::deque<Said>& reports() const { return reports_; }  // not acknowledged yet
  std::int64_t last_sequence() const { return last_sequence_; }
  std::string Text() const;  // equal for ranks that go on alike
  std::vector<std::string> TakeProblems();

 private:
  Register MakeIdentity() const;
  void OnAssign(const Assign& assign);
  void OnAcknowledge(const Acknowledge& acknowledge);
  template <typename Message>
  Work* WorkOf(const Message& message);
  // Each is true if it has done something.
  bool TakeUpNext();
  bool DropAborted();
  bool BeginTraining();
  bool EnterCall();
  void Enter(Call call);
  void Finish(AssignmentEnded ended);
  void Send(WorkerMessage message, std::int64_t sequence);

  Place place_;
  SessionId session_ = 0;
  std::vector<Said> outbox_;
  std::deque<Said> reports_;
  std::int64_t last_sequence_ = 0;
  std::optional<std::string> leaving_;
  std::optional<Work> next_;  // assigned, and not yet taken up
  std::optional<Work> work_;
  std::optional<HeldAssignment> last_;  // the newest that was taken up; of it, what does not change
  std::optional<AssignmentEnded> last_end_;
  std::int64_t newest_generation_ = 0;
  std::vector<std::int64_t> kept_checkpoints_;
  std::int64_t moves_ = 0;
  std::int64_t calls_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace descent
