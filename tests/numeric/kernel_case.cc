#include "tests/numeric/kernel_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "common/check.h"
#include "tests/numeric/reference_interpreter.h"

namespace descent {
namespace {

constexpr std::uint64_t kSeed = 5;
constexpr int kStep = 6;
constexpr int kFirstPosition = 7;

// f32 keeps 6e-8 of each operand and of each partial sum. Relative to the largest element of an
// output, a chain of up to about a hundred roundings of either sign stays well below this.
constexpr double kTolerance = 4e-6;

// Memory that begins `misalignment` elements behind a 64-byte boundary.
class Buffer {
 public:
  Buffer(std::size_t count, std::size_t misalignment)
      : memory_(count + 32), count_(count), misalignment_(misalignment) {}

  void* data() { return aligned() + misalignment_; }
  std::span<float> floats() { return {aligned() + misalignment_, count_}; }

  void Set(const SampledTensor& tensor) {
    for (std::size_t i = 0; i < count_; ++i) {
      if (tensor.type.type == DataType::kInt32) {
        static_cast<std::int32_t*>(data())[i] = static_cast<std::int32_t>(tensor.values[i]);
      } else {
        floats()[i] = static_cast<float>(tensor.values[i]);
      }
    }
  }

 private:
  float* aligned() {
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    return memory_.data() + (64 - address % 64) % 64 / sizeof(float);
  }

  std::vector<float> memory_;
  std::size_t count_;
  std::size_t misalignment_;
};

std::vector<Buffer> BuffersFor(const Graph& graph, const std::vector<ValueId>& ids,
                               std::size_t misalignment) {
  std::vector<Buffer> buffers;
  for (const ValueId id : ids) {
    const auto count = static_cast<std::size_t>(ElementCount(graph.value(id).type.shape));
    buffers.emplace_back(count, misalignment);
  }
  return buffers;
}

}  // namespace

KernelCase::KernelCase(const OpDef& op, OpSample operands) : operands_(std::move(operands)) {
  std::vector<ValueId> inputs;
  for (const SampledTensor& tensor : operands_.inputs) {
    inputs.push_back(graph_.AddInput("input", tensor.type));
  }
  DESCENT_CHECK(graph_.AddNode(op, inputs, operands_.attributes).ok());
}

std::vector<float> KernelCase::Run(const KernelRunOptions& options) const {
  ThreadPool pool(options.threads);
  const Kernel* kernel = FindKernel(node().op->name);
  const auto step = kernel->prepare({graph_, node(), options.mode, pool}).value();
  std::vector<Buffer> inputs = BuffersFor(graph_, node().inputs, options.misalignment);
  std::vector<Buffer> outputs = BuffersFor(graph_, node().outputs, options.misalignment);
  std::vector<const void*> input_addresses;
  std::vector<void*> output_addresses;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i].Set(operands_.inputs[i]);
    input_addresses.push_back(inputs[i].data());
  }
  for (Buffer& output : outputs) {
    std::ranges::fill(output.floats(), options.before);
    output_addresses.push_back(output.data());
  }
  step->Run({input_addresses, output_addresses, kSeed, kStep, kFirstPosition});

  std::vector<float> all;
  for (Buffer& output : outputs) {
    all.insert(all.end(), output.floats().begin(), output.floats().end());
  }
  return all;
}

std::vector<double> KernelCase::Reference() const {
  ReferenceValues values;
  for (const SampledTensor& tensor : operands_.inputs) values.push_back(tensor.values);
  Interpret(graph_, {.seed = kSeed, .step = kStep, .first_position = kFirstPosition}, values);
  std::vector<double> all;
  for (const ValueId id : node().outputs) {
    const std::vector<double>& output = values[static_cast<std::size_t>(id.index)];
    all.insert(all.end(), output.begin(), output.end());
  }
  return all;
}

void ExpectClose(const std::vector<float>& found, const std::vector<double>& wanted,
                 double offset) {
  ASSERT_EQ(found.size(), wanted.size());
  double largest = 1;
  for (const double value : wanted) largest = std::max(largest, std::abs(value + offset));
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_NEAR(found[i], wanted[i] + offset, kTolerance * largest) << "element " << i;
  }
}

}  // namespace descent
