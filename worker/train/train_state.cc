#include "worker/train/train_state.h"

#include <array>
#include <vector>

#include "worker/optim/no_decay.h"

namespace descent {
namespace {

AdamW MakeOptimizer(const ParameterLayout& layout, const OptimizerSpec& spec) {
  std::vector<NamedRange> parameters;
  for (const ParameterSlot& slot : layout.slots)
    parameters.push_back({slot.name, {slot.offset, slot.offset + slot.size}});
  const AdamWOptions options{.beta1 = spec.adamw.betas[0],
                             .beta2 = spec.adamw.betas[1],
                             .epsilon = spec.adamw.eps,
                             .weight_decay = spec.adamw.weight_decay};
  return AdamW(options, layout.element_count, NoDecayRanges(parameters, spec.adamw.no_decay));
}

}  // namespace

TrainState::TrainState(const ParameterLayout& layout, const OptimizerSpec& optimizer)
    : layout_(layout),
      parameters_(layout.element_count),
      optimizer_(MakeOptimizer(layout, optimizer)) {}

Digest TrainState::StateDigest() const {
  ChunkedHasher hasher;
  const std::array arenas = {parameters(), optimizer_.mean(), optimizer_.variance()};
  for (const std::span<const float> arena : arenas)
    for (const ParameterSlot& slot : layout_.slots)
      hasher.Add(std::as_bytes(arena.subspan(static_cast<std::size_t>(slot.offset),
                                             static_cast<std::size_t>(slot.size))));
  const std::array steps = {steps_done()};
  hasher.Add(std::as_bytes(std::span(steps)));
  return hasher.Finish();
}

std::int64_t TrainState::memory_bytes() const {
  return 3 * layout_.element_count * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace descent
