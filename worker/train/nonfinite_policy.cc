#include "worker/train/nonfinite_policy.h"

#include <spdlog/fmt/fmt.h>

#include "checkpoint/checkpoint_directory.h"
#include "common/aligned_buffer.h"

namespace descent {

void NonfinitePolicy::HearFinite() {
  if (options_.spec.nonfinite.action == NonfiniteAction::kRollback) return ForgetAtCheckpoint();
  steps_in_a_row_ = 0;
}

void NonfinitePolicy::ForgetAtCheckpoint() {
  if (options_.state.steps_done() % options_.spec.checkpoint.every_steps == 0) steps_in_a_row_ = 0;
}

Result<NonfiniteReport> NonfinitePolicy::Handle(const NonfiniteStep& step) {
  const NonfiniteSpec& spec = options_.spec.nonfinite;
  const std::int64_t number = options_.state.steps_done();
  std::string message = fmt::format("step {}: {}", number, Describe(step));
  if (spec.action == NonfiniteAction::kFail) return Status(Code::kFailedPrecondition, message);
  if (++steps_in_a_row_ > spec.max)
    return Status(Code::kFailedPrecondition, fmt::format("{}; {} in a row, nonfinite.max is {}",
                                                         message, steps_in_a_row_, spec.max));
  if (spec.action == NonfiniteAction::kSkip) {
    options_.state.SkipTo(number + 1);
    return NonfiniteReport{.action = spec.action, .message = message + "; skipped"};
  }
  const std::int64_t target = RollbackStep(number, options_.spec.checkpoint.every_steps);
  DESCENT_RETURN_IF_ERROR(RollBackTo(target));
  options_.state.SkipTo(number + 1);
  ForgetAtCheckpoint();
  return NonfiniteReport{
      .action = spec.action,
      .message = fmt::format("{}; went back to the state after {} steps", message, target)};
}

Status NonfinitePolicy::RollBackTo(std::int64_t step) {
  DESCENT_RETURN_IF_ERROR(options_.finish_checkpoints());
  options_.set_phase("load");
  if (step > 0)
    return options_.state.Load(options_.checkpoints / PublishedName(step),
                               options_.instruction_set);
  AlignedBuffer parameters(options_.plans.layout().element_count);
  options_.plans.InitializeParameters(options_.spec.seed, parameters.span());
  return options_.state.Start(parameters.span());
}

}  // namespace descent
