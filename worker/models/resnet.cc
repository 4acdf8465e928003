#include "worker/models/resnet.h"

#include <array>
#include <string>

#include "worker/models/image_parts.h"
#include "worker/ops/elementwise_ops.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

constexpr std::int64_t kExpansion = 4;  // of the blocks of depth 50

struct Block {
  std::string name;
  std::int64_t width;  // channels inside
  std::int64_t stride;
};

// Appends the parts of one model, in the order of the forward pass.
class ResnetBuilder {
 public:
  ResnetBuilder(Graph& graph, const ResnetSpec& spec, const ResnetExtent& extent)
      : graph_(graph), spec_(spec), extent_(extent) {}

  Result<ValueId> Append(ValueId x) {
    DESCENT_ASSIGN(x, AppendStem(x));
    const std::array<std::int64_t, 4> blocks = BlocksOfStages();
    for (std::size_t stage = 0; stage < blocks.size(); ++stage) {
      const std::string prefix = "layer" + std::to_string(stage + 1) + ".";
      const std::int64_t width = spec_.width << stage;
      for (std::int64_t i = 0; i < blocks[stage]; ++i) {
        const std::int64_t stride = i == 0 && stage > 0 ? 2 : 1;
        DESCENT_ASSIGN(x, AppendBlock({prefix + std::to_string(i) + ".", width, stride}, x));
      }
    }
    DESCENT_ASSIGN(x, GlobalAvgPool(graph_, x));
    return AppendLinear(graph_, "fc",
                        {.outputs = extent_.outputs, .initializer = extent_.initializer}, x);
  }

 private:
  std::array<std::int64_t, 4> BlocksOfStages() const {
    if (spec_.depth == 18) return {2, 2, 2, 2};
    return {3, 4, 6, 3};
  }

  bool has_bottlenecks() const { return spec_.depth == 50; }

  Result<ValueId> AppendStem(ValueId x) {
    const bool is_small = spec_.stem == ResnetStem::kCifar;
    DESCENT_ASSIGN(
        x,
        AppendConvolved(
            "conv1", "bn1",
            {.outputs = spec_.width, .kernel = is_small ? 3 : 7, .stride = is_small ? 1 : 2}, x));
    DESCENT_ASSIGN(x, Relu(graph_, x));
    if (is_small) return x;
    return MaxPool2d(graph_, x, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}});
  }

  Result<ValueId> AppendBlock(const Block& block, ValueId x) {
    DESCENT_ASSIGN(const ValueId branch, AppendBranch(block, x));
    DESCENT_ASSIGN(const ValueId shortcut, AppendShortcut(block, branch, x));
    DESCENT_ASSIGN(const ValueId sum, Add(graph_, branch, shortcut));
    return Relu(graph_, sum);
  }

  Result<ValueId> AppendBranch(const Block& block, ValueId x) {
    const auto& [name, width, stride] = block;
    if (!has_bottlenecks()) {
      DESCENT_ASSIGN(x, AppendConvolved(name + "conv1", name + "bn1", {width, 3, stride}, x));
      DESCENT_ASSIGN(x, Relu(graph_, x));
      return AppendConvolved(name + "conv2", name + "bn2", {width, 3, 1}, x);
    }
    DESCENT_ASSIGN(x, AppendConvolved(name + "conv1", name + "bn1", {width, 1, 1}, x));
    DESCENT_ASSIGN(x, Relu(graph_, x));
    DESCENT_ASSIGN(x, AppendConvolved(name + "conv2", name + "bn2", {width, 3, stride}, x));
    DESCENT_ASSIGN(x, Relu(graph_, x));
    return AppendConvolved(name + "conv3", name + "bn3", {kExpansion * width, 1, 1}, x);
  }

  // x itself where the branch keeps its shape.
  Result<ValueId> AppendShortcut(const Block& block, ValueId branch, ValueId x) {
    const std::int64_t outputs = graph_.value(branch).type.shape[1];
    if (block.stride == 1 && graph_.value(x).type.shape[1] == outputs) return x;
    return AppendConvolved(block.name + "downsample.0", block.name + "downsample.1",
                           {outputs, 1, block.stride}, x);
  }

  // A convolution without a bias, padded so that stride 1 keeps the image's size, and a batch norm.
  struct Convolved {
    std::int64_t outputs;
    std::int64_t kernel;
    std::int64_t stride;
  };
  Result<ValueId> AppendConvolved(const std::string& convolution, const std::string& norm,
                                  const Convolved& part, ValueId x) {
    const std::int64_t padding = part.kernel / 2;
    DESCENT_ASSIGN(
        x, AppendConvolution(
               graph_, convolution,
               {.outputs = part.outputs,
                .kernel = part.kernel,
                .options = {.stride = {part.stride, part.stride}, .padding = {padding, padding}},
                .has_bias = false,
                .weight = ResnetConvolutionStart(extent_.initializer,
                                                 part.outputs * part.kernel * part.kernel)},
               x));
    return AppendBatchNorm(graph_, norm, {}, x);
  }

  Graph& graph_;
  const ResnetSpec& spec_;
  const ResnetExtent& extent_;
};

}  // namespace

Result<ValueId> AppendResnet(Graph& graph, const ResnetSpec& spec, const ResnetExtent& extent,
                             ValueId x) {
  return ResnetBuilder(graph, spec, extent).Append(x);
}

}  // namespace descent
