#include "tests/simulation/simulated_gang.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace descent {
namespace {

using Call = SimulatedRank::Call;
using Work = SimulatedRank::Work;

enum class SaveKind { kScheduled, kAsked, kNeeded };

// What one member does after a call, with what all of them had heard when they entered it
// (worker/train/assignment_run.cc, run_checkpoints.cc).
class CallEnd {
 public:
  CallEnd(SimulatedRank& rank, const StepRequests& heard, const CallCircumstances& circumstances,
          CheckpointDisk& disk)
      : rank_(rank),
        work_(rank.work()),
        heard_(heard),
        circumstances_(circumstances),
        disk_(disk) {}

  void Perform() {
    switch (work_.call) {
      case Call::kStep:
        return AfterTheStep();
      case Call::kFinish:
        FinishGrant();
        return rank_.End(EndOutcome::kCompleted);
      case Call::kStop:
        return Stop();
      case Call::kNone:
        return;
    }
  }

 private:
  bool is_first() const { return work_.assign->rank == 0; }
  bool has_open_request() const { return work_.heard_request > work_.saved_request; }

  void AfterTheStep() {
    work_.state = AfterStep(work_.state, work_.assign->spec.seed);
    if (is_first())
      rank_.Report(StepReports{.job = work_.assign->job,
                               .generation = work_.assign->generation,
                               .steps = {{.step = work_.state.step,
                                          .loss = 1,
                                          .samples = work_.assign->spec.batch.global,
                                          .step_seconds = circumstances_.step_seconds}}});
    work_.heard_request = std::max(work_.heard_request, heard_.checkpoint);
    const bool is_last_of_grant = work_.state.step == work_.grant->last;
    const bool is_final = work_.grant->is_final;
    if (is_last_of_grant)
      FinishGrant();
    else if (!heard_.stop && has_open_request())
      Save(SaveKind::kAsked);
    if (heard_.stop) return Stop();
    if (is_last_of_grant && is_final) return rank_.End(EndOutcome::kCompleted);
    if (is_last_of_grant) work_.grant.reset();
    rank_.LeaveCall();
  }

  void FinishGrant() {
    const GrantSteps& grant = *work_.grant;
    if (grant.evaluate && is_first())
      rank_.Report(EvaluationReport{.job = work_.assign->job,
                                    .generation = work_.assign->generation,
                                    .step = work_.state.step,
                                    .values = {{EvaluationMetric::kLoss, 1}}});
    if (grant.is_final || heard_.stop) {
      if (grant.save_checkpoint || has_open_request()) Save(SaveKind::kNeeded);
    } else if (has_open_request()) {
      Save(SaveKind::kAsked);
    } else if (grant.save_checkpoint) {
      Save(SaveKind::kScheduled);
    }
  }

  void Stop() {
    Save(SaveKind::kNeeded);
    rank_.End(EndOutcome::kStopped);
  }

  void Save(SaveKind kind) {
    if (work_.saved_step == work_.state.step) return;
    if (kind == SaveKind::kScheduled && circumstances_.is_disk_low) {
      if (is_first())
        rank_.Report(CheckpointSkipped{.job = work_.assign->job,
                                       .generation = work_.assign->generation,
                                       .step = work_.state.step,
                                       .message = "the disk is low"});
      return;
    }
    work_.saved_request = work_.heard_request;
    work_.saved_step = work_.state.step;
    if (is_first()) Write();
  }

  void Write() {
    const Assign& assign = *work_.assign;
    if (!disk_.Publish(assign.checkpoint_directory, work_.state))
      rank_.Blame(fmt::format("{} has two states after step {}", assign.job, work_.state.step));
    disk_.RemoveOld(assign.checkpoint_directory, rank_.kept_checkpoints());
    rank_.Report(CheckpointWritten{
        .job = assign.job,
        .generation = assign.generation,
        .step = work_.state.step,
        .directory = CheckpointDisk::DirectoryOf(assign.checkpoint_directory, work_.state.step),
        .state_digest = DigestOf(work_.state),
        .request = work_.saved_request});
  }

  SimulatedRank& rank_;
  Work& work_;
  const StepRequests& heard_;
  const CallCircumstances& circumstances_;
  CheckpointDisk& disk_;
};

// What the ranks do together in and after the call that they have entered: who differs in that
// waits for ever, or computes something else.
struct CallView {
  Call call = Call::kNone;
  TrainingState state;
  std::int64_t saved_step = 0;
  std::int64_t saved_request = 0;
  bool evaluates = false;
  bool saves = false;
  bool is_final = false;

  bool operator==(const CallView&) const = default;
};

CallView ViewOf(const Work& work) {
  CallView view{.call = work.call,
                .state = work.state,
                .saved_step = work.saved_step,
                .saved_request = work.saved_request};
  const std::int64_t last = work.state.step + (work.call == Call::kStep ? 1 : 0);
  if (!work.grant || work.grant->last != last) return view;
  view.evaluates = work.grant->evaluate;
  view.saves = work.grant->save_checkpoint;
  view.is_final = work.grant->is_final;
  return view;
}

std::string TextOf(const CallView& view) {
  return fmt::format(
      "call {} after step {} with digest {:x}, saved {} for request {}, then evaluate {} save {} "
      "final {}",
      static_cast<int>(view.call), view.state.step, view.state.digest, view.saved_step,
      view.saved_request, view.evaluates, view.saves, view.is_final);
}

}  // namespace

void CompleteCall(const SimulatedGang& gang, const CallCircumstances& circumstances,
                  CheckpointDisk& disk) {
  const CallView first = ViewOf(gang.front()->work());
  StepRequests heard;
  for (SimulatedRank* member : gang) {
    const Work& work = member->work();
    if (ViewOf(work) != first)
      return member->Blame(fmt::format("rank {} of generation {} is in {}; rank 0 in {}",
                                       work.assign->rank, work.assign->generation,
                                       TextOf(ViewOf(work)), TextOf(first)));
    heard.stop |= work.entered_with.stop;
    heard.evaluate_test |= work.entered_with.evaluate_test;
    heard.checkpoint = std::max(heard.checkpoint, work.entered_with.checkpoint);
  }
  for (SimulatedRank* member : gang) CallEnd(*member, heard, circumstances, disk).Perform();
}

}  // namespace descent
