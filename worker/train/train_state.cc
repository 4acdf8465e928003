#include "worker/train/train_state.h"

#include <string>

#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/state_digest.h"
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

template <typename T>
std::span<T> SlotOf(std::span<T> arena, const ParameterSlot& slot) {
  return arena.subspan(static_cast<std::size_t>(slot.offset), static_cast<std::size_t>(slot.size));
}

// The tensors of one arena, their names behind `prefix`.
template <typename Tensor, typename T>
void AppendTensors(const ParameterLayout& layout, const std::string& prefix, std::span<T> arena,
                   std::vector<Tensor>& tensors) {
  for (const ParameterSlot& slot : layout.slots)
    tensors.push_back({prefix + slot.name, slot.shape, SlotOf(arena, slot)});
}

constexpr const char* kMeanPrefix = "adamw.mean.";
constexpr const char* kVariancePrefix = "adamw.variance.";

}  // namespace

TrainState::TrainState(const ParameterLayout& layout, const OptimizerSpec& optimizer)
    : layout_(layout),
      parameters_(layout.element_count),
      optimizer_(MakeOptimizer(layout, optimizer)) {}

std::vector<TensorView> TrainState::ParameterTensors() const {
  std::vector<TensorView> tensors;
  AppendTensors(layout_, "", parameters(), tensors);
  return tensors;
}

std::vector<TensorView> TrainState::OptimizerTensors() const {
  std::vector<TensorView> tensors;
  AppendTensors(layout_, kMeanPrefix, optimizer_.mean(), tensors);
  AppendTensors(layout_, kVariancePrefix, optimizer_.variance(), tensors);
  return tensors;
}

Status TrainState::Load(const std::filesystem::path& checkpoint, std::string_view instruction_set) {
  DESCENT_ASSIGN(const Manifest found, ReadManifest(checkpoint));
  const std::string& written_with = found.description.instruction_set;
  if (written_with != instruction_set)
    return Status(Code::kFailedPrecondition,
                  checkpoint.string() + " was written with the instruction set " + written_with +
                      ", this worker uses " + std::string(instruction_set));
  // Padding lies between the slots: it stays the zeros that it starts with.
  AlignedBuffer mean(layout_.element_count);
  AlignedBuffer variance(layout_.element_count);
  std::vector<TensorTarget> parameter_targets;
  AppendTensors(layout_, "", parameters(), parameter_targets);
  std::vector<TensorTarget> optimizer_targets;
  AppendTensors(layout_, kMeanPrefix, mean.span(), optimizer_targets);
  AppendTensors(layout_, kVariancePrefix, variance.span(), optimizer_targets);
  DESCENT_ASSIGN(const Manifest manifest,
                 LoadCheckpoint(checkpoint, parameter_targets, optimizer_targets));
  optimizer_.Restore(manifest.description.optimizer_steps, mean.span(), variance.span());
  return Status();
}

Digest TrainState::ComputeDigest() const {
  return StateDigest(ParameterTensors(), OptimizerTensors());
}

std::int64_t TrainState::memory_bytes() const {
  return 3 * layout_.element_count * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace descent
