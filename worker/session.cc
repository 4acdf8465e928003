#include "worker/session.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "common/failpoint.h"
#include "worker/assignment_log.h"
#include "worker/collective/form_collective.h"
#include "worker/train/abort_watch.h"
#include "worker/train/forming_watch.h"

namespace descent {
namespace {

// Step reports travel together: often enough for a live display, too rarely to cost anything.
constexpr double kStepReportSeconds = 0.2;

Result<std::unique_ptr<Collective>> FormGroup(const Assign& assign,
                                              const std::shared_ptr<StepControl>& control,
                                              GroupMeeting& meeting) {
  const FormingWatch watch(control);
  DESCENT_RETURN_IF_ERROR(meeting.WaitForAll(assign.world_ranks, assign.generation,
                                             [&control] { return control->is_aborted(); }));
  // Tags of MPI are at least 15 bits wide; two groups that form at once have near generations.
  const int tag = static_cast<int>(assign.generation % 0x7fff);
  return FormCollective(assign.spec.collective, assign.spec.reduction, assign.world_ranks, tag);
}

}  // namespace

Session::Session(const std::string& coordinator_address, const Credentials& credentials,
                 Register identity, ProfileOptions profile, std::shared_ptr<LogRing> log,
                 OutputRelay* output, std::function<void()> on_leave)
    : identity_(std::move(identity)),
      profile_(std::move(profile)),
      log_(std::move(log)),
      output_(output),
      on_leave_(std::move(on_leave)),
      log_link_(coordinator_address, credentials, log_),
      link_({.address = coordinator_address,
             .credentials = credentials,
             .identity = [this] { return MakeIdentity(); },
             .last_end = [this] { return LastEnd(); },
             .on_message = [this](CoordinatorMessage&& message) { OnMessage(std::move(message)); },
             .on_stored = [this](const WorkerMessage& report,
                                 const std::vector<std::int64_t>& kept) { OnStored(report, kept); },
             .heartbeat = [this] { return MakeHeartbeat(); }}) {}

bool Session::Run() {
  bool has_left_job = false;
  while (const std::optional<Work> work = WaitForWork()) {
    const AssignmentEnded ended = Perform(*work);
    FlushSteps();
    EndLog(ended);
    {
      const std::lock_guard lock(mutex_);
      last_end_ = ended;
    }
    DESCENT_FAILPOINT("worker.ended.before");
    link_.Report(ended);
    DESCENT_FAILPOINT("worker.ended.after");
    const std::lock_guard lock(mutex_);
    has_left_job = leaving_ && (ended.outcome == EndOutcome::kStopped || ended.retryable);
    current_.reset();
    status_ = Heartbeat{};
  }
  return has_left_job;
}

std::optional<JobOutcome> Session::dismissed() const {
  const std::lock_guard lock(mutex_);
  return dismissed_;
}

void Session::RequestEnd(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = reason;
    next_.reset();
    if (current_ && !current_->control->has_begun()) current_->control->Abort();
  }
  changed_.notify_all();
  link_.Send(Goodbye{reason});  // without a stream it is in the next one's Register
}

void Session::StopByItself() {
  const std::lock_guard lock(mutex_);
  if (current_) current_->control->ProposeStop();
}

void Session::Abort() {
  {
    const std::lock_guard lock(mutex_);
    if (current_) current_->control->Abort();
  }
  link_.GiveUp();
}

void Session::WaitUntilStored() { link_.WaitUntilStored(); }

// --- From the link's threads ---------------------------------------------------------------------

void Session::OnMessage(CoordinatorMessage&& message) {
  std::visit(
      [this](auto& alternative) {
        using T = std::decay_t<decltype(alternative)>;
        if constexpr (std::is_same_v<T, Assign>) {
          OnAssign(std::move(alternative));
        } else if constexpr (std::is_same_v<T, Leave>) {
          on_leave_();
        } else if constexpr (std::is_same_v<T, Dismiss>) {
          OnDismiss(alternative);
        } else if constexpr (!std::is_same_v<T, Acknowledge>) {  // that is the link's to hear
          const std::shared_ptr<StepControl> control = ControlOf(alternative.generation);
          if (!control) return;  // of an attempt that is over here
          if constexpr (std::is_same_v<T, Begin>) control->PutBegin(alternative);
          if constexpr (std::is_same_v<T, GrantSteps>) control->PutGrant(alternative);
          if constexpr (std::is_same_v<T, SaveNow>) control->RequestCheckpoint(alternative.request);
          if constexpr (std::is_same_v<T, Stop>) {
            if (alternative.mode == StopMode::kAbort) {
              control->Abort();
            } else {
              control->RequestStop(alternative.mode);
            }
          }
        }
      },
      message);
}

void Session::OnAssign(Assign assign) {
  const std::lock_guard lock(mutex_);
  if (leaving_ || dismissed_) return;
  if (current_) {
    if (assign.generation <= current_->assign.generation) return;
    current_->control->Abort();
  }
  next_ = Work{.assign = std::move(assign),
               .control = std::make_shared<StepControl>(),
               .progress = std::make_shared<ProgressMarker>()};
  changed_.notify_all();
}

void Session::OnStored(const WorkerMessage& report,
                       const std::vector<std::int64_t>& kept_checkpoints) {
  const auto* const written = std::get_if<CheckpointWritten>(&report);
  if (written == nullptr) return;
  const std::lock_guard lock(mutex_);
  if (current_ && current_->assign.generation == written->generation)
    kept_checkpoints_ = kept_checkpoints;
}

void Session::OnDismiss(const Dismiss& dismiss) {
  const std::lock_guard lock(mutex_);
  dismissed_ = dismiss.outcome;
  next_.reset();
  changed_.notify_all();
}

// With the newest assignment, also if it has ended: a coordinator that was restarted may not know.
Register Session::MakeIdentity() {
  Register identity = identity_;
  const std::lock_guard lock(mutex_);
  identity.leaving = leaving_;
  const std::optional<Work>& newest = next_ ? next_ : last_;
  if (newest)
    identity.held = HeldAssignment{.job = newest->assign.job,
                                   .generation = newest->assign.generation,
                                   .step = last_end_ ? last_end_->step : status_.step,
                                   .granted = newest->control->granted()};
  return identity;
}

std::optional<AssignmentEnded> Session::LastEnd() {
  const std::lock_guard lock(mutex_);
  return next_ ? std::nullopt : last_end_;
}

Heartbeat Session::MakeHeartbeat() {
  const ResourceUse resources = meter_.Read();
  const std::lock_guard lock(mutex_);
  Heartbeat heartbeat = status_;
  heartbeat.resources = resources;
  if (!current_) return heartbeat;
  const MonotonicTime now = MonotonicNow();
  heartbeat.times = phases_.Take(now);
  heartbeat.progress = current_->progress->Read();
  heartbeat.progress.phase_age_seconds = SecondsBetween(phase_entered_at_, now);
  return heartbeat;
}

std::shared_ptr<StepControl> Session::ControlOf(std::int64_t generation) {
  const std::lock_guard lock(mutex_);
  if (next_ && next_->assign.generation == generation) return next_->control;
  if (current_ && current_->assign.generation == generation) return current_->control;
  return nullptr;
}

// --- From the thread in Run ----------------------------------------------------------------------

std::optional<Session::Work> Session::WaitForWork() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return leaving_ || dismissed_ || next_; });
  if (leaving_ || dismissed_) return std::nullopt;
  DESCENT_FAILPOINT("worker.assign.taken");
  current_ = std::exchange(next_, std::nullopt);
  last_ = current_;
  last_end_.reset();
  kept_checkpoints_.clear();
  phases_ = PhaseClock();
  phase_entered_at_ = MonotonicNow();
  status_ = Heartbeat{
      .job = current_->assign.job, .generation = current_->assign.generation, .phase = "prepare"};
  return current_;
}

AssignmentEnded Session::Perform(const Work& work) {
  const Assign& assign = work.assign;
  BeginLog(assign);
  begun_at_ = MonotonicNow();
  unsent_steps_ = StepReports{.job = assign.job, .generation = assign.generation, .steps = {}};
  DESCENT_FAILPOINT("worker.group.before");
  Result<std::unique_ptr<Collective>> collective = FormGroup(assign, work.control, meeting_);
  DESCENT_FAILPOINT("worker.group.after");
  if (!collective.ok()) {
    const bool is_refused = collective.status().code() == Code::kFailedPrecondition;
    return AssignmentEnded{.job = assign.job,
                           .generation = assign.generation,
                           .rank = assign.rank,
                           .outcome = EndOutcome::kFailed,
                           .reason = is_refused ? "CollectiveUnavailable" : "PeerLost",
                           .message = collective.status().message(),
                           .phase = "prepare",
                           .retryable = !is_refused};
  }
  const AbortWatch watch(work.control, work.progress);
  return RunAssignment(assign, identity_.instruction_set, *collective.value(), *work.control, *this,
                       profile_, *work.progress);
}

void Session::BeginLog(const Assign& assign) {
  const LogOrigin origin{.job = assign.job,
                         .generation = assign.generation,
                         .attempt = assign.attempt,
                         .rank = assign.rank};
  if (output_ != nullptr) output_->BeginAssignment(origin);
  log_->BeginAssignment(origin);
  LogAssignment(assign);
}

// Whoever hears that the assignment has ended can read why: the last lines are there before.
void Session::EndLog(const AssignmentEnded& ended) {
  log_->SetStep(ended.step);
  LogEnd(ended);
  log_->EndAssignment();
  if (output_ != nullptr) output_->EndAssignment();
  log_->WaitUntilSent(limits::kLogFlushMax);
}

void Session::Report(WorkerMessage message) {
  LogReport(message);
  if (StepReports* reports = std::get_if<StepReports>(&message)) {
    if (const auto begun_at = std::exchange(begun_at_, std::nullopt))
      LogFirstStep(reports->steps.front().step, SecondsBetween(*begun_at, MonotonicNow()));
    unsent_steps_.steps.insert(unsent_steps_.steps.end(), reports->steps.begin(),
                               reports->steps.end());
    if (SecondsBetween(last_steps_sent_at_, MonotonicNow()) >= kStepReportSeconds) FlushSteps();
    return;
  }
  FlushSteps();
  link_.Report(std::move(message));
}

void Session::SetPhase(std::string_view phase, std::int64_t step) {
  // Before it waits the rank says what it has done, or the grants it waits for would not come.
  if (phase == "wait") FlushSteps();
  log_->SetStep(step);
  if (output_ != nullptr) output_->SetStep(step);
  LogPhase(phase, step);
  const std::lock_guard lock(mutex_);
  status_.phase = phase;
  status_.step = step;
  phase_entered_at_ = MonotonicNow();
  phases_.Enter(phase, step, phase_entered_at_);
}

std::vector<std::int64_t> Session::KeptCheckpoints() const {
  const std::lock_guard lock(mutex_);
  return kept_checkpoints_;
}

void Session::FlushSteps() {
  last_steps_sent_at_ = MonotonicNow();
  if (unsent_steps_.steps.empty()) return;
  link_.Report(unsent_steps_);
  unsent_steps_.steps.clear();
}

}  // namespace descent
