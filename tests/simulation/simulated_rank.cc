#include "tests/simulation/simulated_rank.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "tests/simulation/message_text.h"

namespace descent {
namespace {

// Of all data and models here.
constexpr std::int64_t kTrainSamples = 1000;
constexpr std::int64_t kParameters = 10;
constexpr char kInstructionSet[] = "avx2";

std::string GrantsText(const std::deque<GrantSteps>& grants) {
  std::string text;
  for (const GrantSteps& grant : grants) text += MessageText(grant) + ";";
  return text;
}

std::string WorkText(const SimulatedRank::Work& work) {
  const StepRequests& told = work.requests;
  const StepRequests& entered = work.entered_with;
  return fmt::format("{} {} | {}{}{} {}{}{} | {} {} | {}{} {} {} {} | {} {}{}{} {} {} {}",
                     work.assign->generation, work.assign->rank, work.has_begun,
                     work.is_told_to_stop, work.is_aborted, told.stop, told.evaluate_test,
                     told.checkpoint, GrantsText(work.grants), work.granted.value_or(-1),
                     work.is_prepared, work.is_training, work.state.step, work.state.digest,
                     work.grant ? MessageText(*work.grant) : "-", static_cast<int>(work.call),
                     entered.stop, entered.evaluate_test, entered.checkpoint, work.heard_request,
                     work.saved_request, work.saved_step);
}

}  // namespace

// --- Its stream ----------------------------------------------------------------------------------

void SimulatedRank::OpenStream(SessionId session) {
  session_ = session;
  outbox_.clear();
  outbox_.push_back({MakeIdentity(), 0});
  outbox_.insert(outbox_.end(), reports_.begin(), reports_.end());
  if (last_end_ && !next_) outbox_.push_back({*last_end_, 0});
}

void SimulatedRank::CloseStream() {
  session_ = 0;
  outbox_.clear();
}

std::vector<SimulatedRank::Said> SimulatedRank::TakeOutbox() { return std::exchange(outbox_, {}); }

void SimulatedRank::Send(WorkerMessage message, std::int64_t sequence) {
  if (session_ != 0) outbox_.push_back({std::move(message), sequence});
}

void SimulatedRank::Report(WorkerMessage message) {
  reports_.push_back({message, ++last_sequence_});
  Send(std::move(message), last_sequence_);
}

// With the newest assignment, also if it has ended: a coordinator that was restarted may not know.
Register SimulatedRank::MakeIdentity() const {
  Register identity{.pool = place_.pool,
                    .world_rank = place_.world_rank,
                    .world_size = place_.world_size,
                    .host = place_.host,
                    .instruction_set = kInstructionSet,
                    .leaving = leaving_};
  if (next_) {
    identity.held = HeldAssignment{.job = next_->assign->job,
                                   .generation = next_->assign->generation,
                                   .granted = next_->granted};
  } else if (work_) {
    identity.held = HeldAssignment{.job = work_->assign->job,
                                   .generation = work_->assign->generation,
                                   .step = work_->state.step,
                                   .granted = work_->granted};
  } else {
    identity.held = last_;
  }
  return identity;
}

Heartbeat SimulatedRank::MakeHeartbeat() const {
  Heartbeat heartbeat;
  if (!work_) return heartbeat;
  heartbeat.job = work_->assign->job;
  heartbeat.generation = work_->assign->generation;
  heartbeat.step = work_->state.step;
  heartbeat.phase = !work_->is_prepared          ? "prepare"
                    : work_->call == Call::kNone ? "wait"
                    : work_->call == Call::kStep ? "reduce"
                                                 : "checkpoint";
  heartbeat.progress = {.moves = moves_, .calls = calls_, .is_in_call = work_->call != Call::kNone};
  return heartbeat;
}

// --- What it hears -------------------------------------------------------------------------------

template <typename Message>
SimulatedRank::Work* SimulatedRank::WorkOf(const Message& message) {
  if (next_ && next_->assign->generation == message.generation) return &*next_;
  if (work_ && work_->assign->generation == message.generation) return &*work_;
  return nullptr;
}

void SimulatedRank::Receive(const CoordinatorMessage& message) {
  if (const auto* assign = std::get_if<Assign>(&message)) return OnAssign(*assign);
  if (const auto* acknowledge = std::get_if<Acknowledge>(&message))
    return OnAcknowledge(*acknowledge);
  if (std::holds_alternative<Leave>(message)) return RequestEnd("its world ends");
  if (const auto* begin = std::get_if<Begin>(&message)) {
    if (Work* work = WorkOf(*begin)) work->has_begun = true;
  } else if (const auto* save = std::get_if<SaveNow>(&message)) {
    if (Work* work = WorkOf(*save))
      work->requests.checkpoint = std::max(work->requests.checkpoint, save->request);
  } else if (const auto* stop = std::get_if<Stop>(&message)) {
    Work* const work = WorkOf(*stop);
    if (work == nullptr) return;
    work->is_aborted |= stop->mode == StopMode::kAbort;
    if (stop->mode == StopMode::kAbort) return;
    work->is_told_to_stop = true;
    work->requests.stop = true;
    work->requests.evaluate_test |= stop->mode == StopMode::kFinal;
  } else if (const auto* grant = std::get_if<GrantSteps>(&message)) {
    Work* const work = WorkOf(*grant);
    if (work == nullptr || (work->granted && grant->last <= *work->granted)) return;
    work->grants.push_back(*grant);
    if (work->granted) work->grants.back().first = std::max(grant->first, *work->granted);
    work->granted = grant->last;
  }
}

void SimulatedRank::OnAssign(const Assign& assign) {
  if (leaving_) return;
  if (work_ && assign.generation <= work_->assign->generation) return;
  if (work_) work_->is_aborted = true;
  next_.emplace();
  next_->assign = std::make_shared<const Assign>(assign);
}

// What is kept is said of the report that is acknowledged by name, the last one.
void SimulatedRank::OnAcknowledge(const Acknowledge& acknowledge) {
  while (!reports_.empty() && reports_.front().sequence <= acknowledge.sequence) {
    const Said stored = std::move(reports_.front());
    reports_.pop_front();
    const bool is_last = reports_.empty() || reports_.front().sequence > acknowledge.sequence;
    if (std::holds_alternative<CheckpointWritten>(stored.message) && work_ &&
        work_->assign->generation == GenerationOf(stored.message))
      kept_checkpoints_ = is_last ? acknowledge.kept_checkpoints : std::vector<std::int64_t>();
  }
}

void SimulatedRank::RequestEnd(const std::string& reason) {
  if (leaving_) return;
  leaving_ = reason;
  next_.reset();
  if (work_ && !work_->has_begun) work_->is_aborted = true;
  Send(Goodbye{reason}, 0);
}

void SimulatedRank::StopByItself() {
  if (work_) work_->requests.stop = true;
}

// --- What it does --------------------------------------------------------------------------------

void SimulatedRank::GoOn() {
  bool is_moving = true;
  while (is_moving) is_moving = TakeUpNext() || DropAborted() || BeginTraining() || EnterCall();
}

bool SimulatedRank::TakeUpNext() {
  if (work_ || !next_ || leaving_) return false;
  work_ = std::move(next_);
  next_.reset();
  newest_generation_ = work_->assign->generation;
  last_.reset();
  last_end_.reset();
  kept_checkpoints_.clear();
  moves_ = 1;
  calls_ = 0;
  return true;
}

bool SimulatedRank::DropAborted() {
  if (!work_ || !work_->is_aborted) return false;
  End(EndOutcome::kFailed);
  return true;
}

void SimulatedRank::Prepare(const CheckpointDisk& disk) {
  Work& work = *work_;
  const Assign& assign = *work.assign;
  ++moves_;
  work.is_prepared = true;
  work.state = InitialState(assign.spec.seed);
  if (!assign.start_checkpoint.empty()) {
    const TrainingState* const found = disk.Find(assign.start_checkpoint);
    if (found == nullptr) return Fail("CheckpointMissing");
    work.state = *found;
  }
  work.saved_step = work.state.step;
  Report(Prepared{.job = assign.job,
                  .generation = assign.generation,
                  .rank = assign.rank,
                  .dataset_fingerprint = {.high = 1, .low = 1},
                  .train_samples = kTrainSamples,
                  .parameter_count = kParameters,
                  .instruction_set = kInstructionSet,
                  .state_digest = DigestOf(work.state),
                  .start_step = work.state.step});
}

bool SimulatedRank::BeginTraining() {
  if (!work_ || !work_->is_prepared || work_->is_training) return false;
  if (!work_->has_begun && !work_->is_told_to_stop) return false;
  work_->is_training = work_->has_begun;
  if (!work_->has_begun) End(EndOutcome::kStopped);
  return true;
}

// Its own wish to stop does not end its wait for grants.
bool SimulatedRank::EnterCall() {
  if (!work_ || !work_->is_training || work_->call != Call::kNone) return false;
  Work& work = *work_;
  if (!work.grant && !work.grants.empty()) {
    work.grant = work.grants.front();
    work.grants.pop_front();
    if (work.grant->first != work.state.step)
      Blame(fmt::format("{} was granted steps from {} on with {} done", work.assign->job,
                        work.grant->first, work.state.step));
  }
  if (work.grant)
    Enter(work.state.step < work.grant->last ? Call::kStep : Call::kFinish);
  else if (work.is_told_to_stop)
    Enter(Call::kStop);
  return false;
}

void SimulatedRank::Enter(Call call) {
  ++moves_;
  ++calls_;
  work_->call = call;
  work_->entered_with = work_->requests;
}

void SimulatedRank::LeaveCall() {
  ++moves_;
  work_->call = Call::kNone;
}

void SimulatedRank::End(EndOutcome outcome) {
  const bool has_failed = outcome == EndOutcome::kFailed;
  Finish({.outcome = outcome,
          .state_digest = has_failed ? Digest() : DigestOf(work_->state),
          .reason = has_failed ? "PeerLost" : "",
          .retryable = has_failed});
}

void SimulatedRank::Fail(const std::string& reason) {
  Finish({.outcome = EndOutcome::kFailed, .reason = reason});
}

void SimulatedRank::Finish(AssignmentEnded ended) {
  ended.job = work_->assign->job;
  ended.generation = work_->assign->generation;
  ended.rank = work_->assign->rank;
  ended.step = work_->state.step;
  last_ = HeldAssignment{.job = ended.job,
                         .generation = ended.generation,
                         .step = ended.step,
                         .granted = work_->granted};
  last_end_ = ended;
  work_.reset();
  Report(std::move(ended));
}

std::vector<std::string> SimulatedRank::TakeProblems() { return std::exchange(problems_, {}); }

std::string SimulatedRank::Text() const {
  std::string text = fmt::format("{} {}{}", place_.world_rank, session_ != 0, is_leaving());
  if (next_) text += " next " + WorkText(*next_);
  if (work_) text += " at " + WorkText(*work_);
  if (last_end_) text += " last " + MessageText(*last_end_);
  if (last_) text += fmt::format(" granted {}", last_->granted.value_or(-1));
  text += fmt::format(" kept {} reports", fmt::join(kept_checkpoints_, ","));
  for (const Said& report : reports_)
    text += fmt::format(" {} {};", last_sequence_ - report.sequence, MessageText(report.message));
  return text;
}

}  // namespace descent
