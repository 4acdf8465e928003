#include "worker/kernels/cpu/winograd.h"

#include <algorithm>
#include <vector>

#include "worker/kernels/cpu/library_convolution.h"
#include "worker/kernels/cpu/library_product.h"
#include "worker/kernels/cpu/winograd_tiles.h"

namespace descent::cpu {
namespace {

constexpr std::int64_t kChannelsMin = 16;
constexpr std::int64_t kTilesMin = 32;  // below it, transforming kernels costs more than it saves

// A convolution of images with kernels [outputs, inputs] into images, or its gradient by its input,
// which is one as well.
class ConvolutionStep final : public Step {
 public:
  struct Sides {
    TiledImages inputs, outputs;
    KernelMatrix kernels;
    std::size_t images_operand;  // which of the step's inputs they are
    std::size_t kernels_operand;
    bool has_bias;  // the third operand
  };

  ConvolutionStep(const KernelRequest& request, const dnnl::engine& engine, const Sides& sides,
                  std::int64_t samples)
      : pool_(request.pool),
        sides_(sides),
        groups_(samples, sides.outputs.plane),
        entered_{.channels = sides.inputs.channels, .tiles = groups_.tiles()},
        products_{.channels = sides.outputs.channels, .tiles = groups_.tiles()},
        scratch_(pool_, kWinogradPoints * sides.kernels.PointStride(),
                 {entered_.Elements(), products_.Elements(),
                  sides.inputs.plane.ScratchElements(groups_.rows()),
                  sides.outputs.plane.ScratchElements(groups_.rows())}) {
    const KernelMatrix& kernels = sides.kernels;
    for (int thread = 0; thread < pool_.thread_count(); ++thread)
      multiply_.push_back(MakeProduct(
          engine,
          Describe(kernels.rows, kernels.columns, kernels.PointStride(), kernels.columns, 1),
          Describe(kernels.columns, groups_.tiles(), entered_.PointStride(), entered_.RowStride(),
                   1),
          Describe(kernels.rows, groups_.tiles(), products_.PointStride(), products_.RowStride(),
                   1),
          /*accumulates=*/false));
  }

  void Run(const StepRun& run) override {
    ForEachRun(pool_, static_cast<std::size_t>(sides_.kernels.rows),
               RowsPerRun(static_cast<std::size_t>(9 * sides_.kernels.columns)),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t row = first; row < first + count; ++row)
                   TransformKernels(sides_.kernels, static_cast<std::int64_t>(row),
                                    run.input(sides_.kernels_operand), scratch_.Shared());
               });
    pool_.ParallelFor(groups_.count(), [&](std::int64_t group, int thread) {
      float* const entered = scratch_.Of(thread, 0);
      float* const products = scratch_.Of(thread, 1);
      Enter(run.input(sides_.images_operand), group, thread);
      multiply_[static_cast<std::size_t>(thread)].Run({scratch_.Shared(), entered, products});
      Leave(run, group, thread);
    });
  }

 private:
  void Enter(const float* images, std::int64_t group, int thread) {
    const TiledImages& inputs = sides_.inputs;
    float* const rows = scratch_.Of(thread, 2);
    std::fill_n(rows, inputs.plane.ScratchElements(groups_.rows()), 0.0f);
    for (std::int64_t channel = 0; channel < inputs.channels; ++channel)
      groups_.ForEachSample(
          group, [&](std::int64_t sample, const IndexRange& tile_rows, std::int64_t tile) {
            TransformPatches(inputs.plane, tile_rows, images + inputs.OffsetOf(sample, channel),
                             rows, entered_.At(scratch_.Of(thread, 0), channel, tile));
          });
  }

  void Leave(const StepRun& run, std::int64_t group, int thread) {
    const TiledImages& outputs = sides_.outputs;
    const float* const products = scratch_.Of(thread, 1);
    for (std::int64_t channel = 0; channel < outputs.channels; ++channel) {
      const float bias = sides_.has_bias ? run.input(2)[channel] : 0.0f;
      groups_.ForEachSample(
          group, [&](std::int64_t sample, const IndexRange& tile_rows, std::int64_t tile) {
            TransformProducts(outputs.plane, tile_rows, products_.At(products, channel, tile), bias,
                              scratch_.Of(thread, 3),
                              run.output(0) + outputs.OffsetOf(sample, channel));
          });
    }
  }

  ThreadPool& pool_;
  const Sides sides_;
  const TileGroups groups_;
  const PointMatrices entered_, products_;
  const ScratchPieces scratch_;  // kernels; of a thread: entered, products, rows of both sides
  std::vector<LibraryPrimitive> multiply_;  // by thread
};

}  // namespace

bool SuitsWinograd(const ConvolutionOperands& operands) {
  const auto is = [](const Shape& shape, std::int64_t value) {
    return std::ranges::all_of(shape, [&](std::int64_t size) { return size == value; });
  };
  const Shape& y = operands.y;
  const std::int64_t tiles = (y[2] + 1) / 2 * ((y[3] + 1) / 2);
  const bool has_few_beyond = 2 * 4 * tiles <= 3 * y[2] * y[3];
  return operands.weight[2] == 3 && operands.weight[3] == 3 && is(operands.stride, 1) &&
         is(operands.dilation, 1) && operands.groups == 1 && operands.padding[0] <= 2 &&
         is(operands.padding, operands.padding[0]) &&
         std::min(operands.weight[0], operands.weight[1]) >= kChannelsMin &&
         operands.samples() * tiles >= kTilesMin && has_few_beyond;
}

PreparedStep PrepareWinograd(const KernelRequest& request, const ConvolutionOperands& operands) {
  const std::int64_t outputs = operands.weight[0], inputs = operands.weight[1];
  const ConvolutionStep::Sides sides = {
      .inputs = ImagesOf(operands.x, operands.y, operands.padding[0]),
      .outputs = ImagesOf(operands.y, operands.y, /*padding=*/0),
      .kernels = {.rows = outputs,
                  .columns = inputs,
                  .row_stride = 9 * inputs,
                  .column_stride = 9,
                  .is_turned = false},
      .images_operand = 0,
      .kernels_operand = 1,
      .has_bias = request.node.inputs.size() == 3};
  return PrepareConvolutionStep<ConvolutionStep>(request, sides, operands.samples());
}

PreparedStep PrepareWinogradInputGradient(const KernelRequest& request,
                                          const ConvolutionOperands& operands) {
  const std::int64_t outputs = operands.weight[0], inputs = operands.weight[1];
  const ConvolutionStep::Sides sides = {
      .inputs = ImagesOf(operands.y, operands.x, 2 - operands.padding[0]),
      .outputs = ImagesOf(operands.x, operands.x, /*padding=*/0),
      .kernels = {.rows = inputs,
                  .columns = outputs,
                  .row_stride = 9,
                  .column_stride = 9 * inputs,
                  .is_turned = true},
      .images_operand = 0,
      .kernels_operand = 1,
      .has_bias = false};
  return PrepareConvolutionStep<ConvolutionStep>(request, sides, operands.samples());
}

}  // namespace descent::cpu
