#include "tests/support/in_process_job.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>
#include <utility>

#include "worker/collective/in_process_collective.h"
#include "worker/collective/shared_memory_collective.h"
#include "worker/train/assignment.h"

namespace descent {
namespace {

class RecordingReporter final : public AssignmentReporter {
 public:
  using Listener = std::function<void(const WorkerMessage&)>;
  RecordingReporter(Listener listener, const InProcessAttempt& attempt)
      : listener_(std::move(listener)), attempt_(attempt) {}

  void Report(WorkerMessage message) override {
    messages_.push_back(std::move(message));
    listener_(messages_.back());
  }
  void SetPhase(std::string_view, std::int64_t) override {}
  std::vector<std::int64_t> KeptCheckpoints() const override {
    if (attempt_.is_coordinator_away) return {};
    std::vector<std::int64_t> steps;
    for (const WorkerMessage& message : messages_)
      if (const auto* written = std::get_if<CheckpointWritten>(&message))
        steps.push_back(written->step);
    const std::int64_t surplus = std::ssize(steps) - attempt_.keep_last;
    if (attempt_.keep_last > 0 && surplus > 0) steps.erase(steps.begin(), steps.begin() + surplus);
    return steps;
  }

  std::vector<WorkerMessage> TakeMessages() { return std::move(messages_); }

 private:
  const Listener listener_;
  const InProcessAttempt& attempt_;
  std::vector<WorkerMessage> messages_;
};

std::vector<StepControl> Instruct(const InProcessAttempt& attempt) {
  std::vector<StepControl> controls(attempt.assign.world_ranks.size());
  for (StepControl& control : controls) {
    control.PutBegin(attempt.begin);
    for (const GrantSteps& grant : attempt.grants) control.PutGrant(grant);
  }
  return controls;
}

}  // namespace

std::vector<StepMetrics> InProcessOutcome::Steps() const {
  std::vector<StepMetrics> steps;
  for (const StepReports& reports : Messages<StepReports>())
    steps.insert(steps.end(), reports.steps.begin(), reports.steps.end());
  return steps;
}

InProcessOutcome RunInProcess(const InProcessAttempt& attempt) {
  const auto world_size = static_cast<int>(attempt.assign.world_ranks.size());
  InProcessGroup group(world_size);
  const SharedMemoryRoom room = SharedMemoryRoom::Make(world_size).value();
  std::vector<StepControl> controls = Instruct(attempt);
  InProcessOutcome outcome;
  outcome.ended.resize(controls.size());
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank)
    ranks.emplace_back([&, rank] {
      const auto index = static_cast<std::size_t>(rank);
      const std::unique_ptr<Collective> collective =
          attempt.shares_memory ? SharedMemoryRoom::Join(room.invitation(), rank).value()
                                : MakeInProcessCollective(group, rank);
      RecordingReporter reporter(
          [&](const WorkerMessage& message) {
            if (attempt.on_report) attempt.on_report(message, controls);
          },
          attempt);
      ProgressMarker progress;
      Assign assign = attempt.assign;
      assign.rank = rank;
      outcome.ended[index] = RunAssignment(assign, attempt.instruction_set, *collective,
                                           controls[index], reporter, attempt.profile, progress);
      if (rank == 0) outcome.messages = reporter.TakeMessages();
    });
  for (std::thread& rank : ranks) rank.join();
  return outcome;
}

std::vector<GrantSteps> ScheduledGrants(const JobSpec& spec, IndexRange steps) {
  const std::int64_t every = spec.checkpoint.every_steps;
  std::vector<GrantSteps> grants;
  for (std::int64_t first = steps.first; first < steps.last; first = grants.back().last) {
    const std::int64_t next = every > 0 ? first - first % every + every : steps.last;
    const std::int64_t last = std::min(next, steps.last);
    grants.push_back({.generation = 1,
                      .first = first,
                      .last = last,
                      .save_checkpoint = true,
                      .is_final = last == steps.last});
  }
  return grants;
}

std::vector<int> FirstRanks(int world_size) {
  std::vector<int> ranks(static_cast<std::size_t>(world_size));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

}  // namespace descent
