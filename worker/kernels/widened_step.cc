#include "worker/kernels/widened_step.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "worker/kernels/cpu/bfloat16_run.h"
#include "worker/kernels/cpu/cpu_kernels.h"
#include "worker/kernels/instruction_set.h"
#include "worker/kernels/widened_row_step.h"

namespace descent {
namespace {

constexpr std::int64_t kLineElements = 16;  // of 64 bytes

// An operand in bf16, and where in the scratch it is in f32.
struct WidenedOperand {
  std::size_t index = 0;  // among the inputs, or the outputs
  std::size_t element_count = 0;
  std::int64_t offset = 0;
};

class WidenedStep final : public Step {
 public:
  WidenedStep(std::unique_ptr<Step> step, ThreadPool& pool, WideningScratch& scratch)
      : step_(std::move(step)), pool_(pool), scratch_(scratch) {}

  void Place(const Graph& stored, const Node& node) {
    std::int64_t offset = 0;
    inputs_ = OperandsIn(stored, node.inputs, offset);
    outputs_ = OperandsIn(stored, node.outputs, offset);
    input_addresses_.resize(node.inputs.size());
    output_addresses_.resize(node.outputs.size());
    scratch_.Reserve(offset);
  }

  void Run(const StepRun& run) override {
    std::ranges::copy(run.inputs, input_addresses_.begin());
    std::ranges::copy(run.outputs, output_addresses_.begin());
    for (const WidenedOperand& operand : inputs_) {
      Widen(static_cast<const std::uint16_t*>(run.inputs[operand.index]), operand);
      input_addresses_[operand.index] = scratch_.data() + operand.offset;
    }
    for (const WidenedOperand& operand : outputs_)
      output_addresses_[operand.index] = scratch_.data() + operand.offset;
    step_->Run({input_addresses_, output_addresses_, run.seed, run.step, run.first_position});
    for (const WidenedOperand& operand : outputs_)
      Narrow(operand, static_cast<std::uint16_t*>(run.outputs[operand.index]));
  }

 private:
  static std::vector<WidenedOperand> OperandsIn(const Graph& stored, std::span<const ValueId> ids,
                                                std::int64_t& offset) {
    std::vector<WidenedOperand> operands;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const TensorType& type = stored.value(ids[i]).type;
      if (type.type != DataType::kBFloat16) continue;
      const std::int64_t count = ElementCount(type.shape);
      operands.push_back({i, static_cast<std::size_t>(count), offset});
      offset += (count + kLineElements - 1) / kLineElements * kLineElements;
    }
    return operands;
  }

  void Widen(const std::uint16_t* from, const WidenedOperand& operand) const {
    float* const to = scratch_.data() + operand.offset;
    cpu::ForEachRun(pool_, operand.element_count, cpu::kElementsPerRun,
                    [=](std::size_t first, std::size_t count) {
                      cpu::WidenRun(from + first, count, to + first);
                    });
  }

  void Narrow(const WidenedOperand& operand, std::uint16_t* to) const {
    const float* const from = scratch_.data() + operand.offset;
    cpu::ForEachRun(pool_, operand.element_count, cpu::kElementsPerRun,
                    [=](std::size_t first, std::size_t count) {
                      cpu::RoundRun(from + first, count, to + first);
                    });
  }

  const std::unique_ptr<Step> step_;
  ThreadPool& pool_;
  WideningScratch& scratch_;
  std::vector<WidenedOperand> inputs_, outputs_;
  // Of the run in progress; here, so that a run does not allocate.
  std::vector<const void*> input_addresses_;
  std::vector<void*> output_addresses_;
};

}  // namespace

void WideningScratch::Reserve(std::int64_t element_count) {
  if (element_count > this->element_count()) buffer_ = AlignedBuffer(element_count);
}

namespace {

bool HasBFloat16(const Graph& stored, std::span<const ValueId> ids) {
  return std::ranges::any_of(
      ids, [&](ValueId id) { return stored.value(id).type.type == DataType::kBFloat16; });
}

std::span<const ValueId> InputsAfterTwo(const Node& node) {
  return std::span(node.inputs).subspan(std::min<std::size_t>(2, node.inputs.size()));
}

bool TakesBFloat16(const Kernel& kernel, const KernelRequest& as_stored) {
  const bool is_of_two = !HasBFloat16(as_stored.graph, InputsAfterTwo(as_stored.node));
  switch (kernel.narrow_operands) {
    case NarrowOperands::kWidened:
      return false;
    case NarrowOperands::kRead:
      return is_of_two && !HasBFloat16(as_stored.graph, as_stored.node.outputs);
    case NarrowOperands::kTaken:
      return true;
    case NarrowOperands::kMultiplied:
      return is_of_two && HasBFloat16Products();
  }
  return false;
}

// Which has nothing to convert.
bool IsViewOfOneType(const KernelRequest& as_stored) {
  return as_stored.node.op->is_view && as_stored.input(0).type == as_stored.output(0).type;
}

std::unique_ptr<Step> MakeView(const KernelRequest& as_stored) {
  const auto bytes = static_cast<std::size_t>(ByteCount(as_stored.output(0)));
  return cpu::MakeStep([bytes](const StepRun& run) {
    if (run.inputs[0] != run.outputs[0]) std::memcpy(run.outputs[0], run.inputs[0], bytes);
  });
}

std::unique_ptr<Step> Widen(std::unique_ptr<Step> step, const KernelRequest& as_stored,
                            WideningScratch& scratch) {
  auto* const by_rows = dynamic_cast<RowStep*>(step.get());
  if (by_rows != nullptr && CanWidenRows(by_rows->layout(), as_stored)) {
    static_cast<void>(step.release());  // by_rows owns it now
    return WidenRows(std::unique_ptr<RowStep>(by_rows), as_stored);
  }
  auto widened = std::make_unique<WidenedStep>(std::move(step), as_stored.pool, scratch);
  widened->Place(as_stored.graph, as_stored.node);
  return widened;
}

}  // namespace

Result<std::unique_ptr<Step>> PrepareOnStored(const Kernel& kernel, const KernelRequest& request,
                                              const Graph& stored, WideningScratch& scratch) {
  const Node& node = request.node;
  if (!HasBFloat16(stored, node.inputs) && !HasBFloat16(stored, node.outputs))
    return kernel.prepare(request);
  const KernelRequest as_stored = {stored, node, request.mode, request.pool};
  if (IsViewOfOneType(as_stored)) return MakeView(as_stored);
  if (TakesBFloat16(kernel, as_stored)) return kernel.prepare(as_stored);
  DESCENT_ASSIGN(std::unique_ptr<Step> step, kernel.prepare(request));
  return Widen(std::move(step), as_stored, scratch);
}

}  // namespace descent
