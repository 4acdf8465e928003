#include <algorithm>
#include <vector>

#include "worker/kernels/cpu/library_convolution.h"
#include "worker/kernels/cpu/library_product.h"
#include "worker/kernels/cpu/winograd.h"
#include "worker/kernels/cpu/winograd_tiles.h"

namespace descent::cpu {
namespace {

// Sums of the gradient of kernels, each over some groups in order; few, where each is large.
constexpr std::int64_t kRuns = 4;
constexpr std::int64_t kRunsOfManyChannels = 2;
constexpr std::int64_t kManyChannels = std::int64_t{1} << 15;  // pairs of them

class WeightGradientStep final : public Step {
 public:
  WeightGradientStep(const KernelRequest& request, const dnnl::engine& engine,
                     const ConvolutionOperands& operands)
      : pool_(request.pool),
        store_(request.mode == OutputMode::kAccumulate ? KernelStore::kAdd : KernelStore::kWrite),
        x_(ImagesOf(operands.x, operands.y, operands.padding[0])),
        y_(ImagesOf(operands.y, operands.y, /*padding=*/0)),
        kernels_{.rows = y_.channels,
                 .columns = x_.channels,
                 .row_stride = 9 * x_.channels,
                 .column_stride = 9,
                 .is_turned = false},
        groups_(operands.samples(), y_.plane),
        patches_{.channels = x_.channels, .tiles = groups_.tiles()},
        gradients_{.channels = y_.channels, .tiles = groups_.tiles()},
        scratch_(
            pool_, RunCount() * RunElements(),
            {patches_.Elements(), gradients_.Elements(), x_.plane.ScratchElements(groups_.rows()),
             y_.plane.ScratchElements(groups_.rows())}) {
    for (const bool accumulates : {false, true})
      for (int thread = 0; thread < pool_.thread_count(); ++thread)
        multiply_.push_back(MakeProduct(
            engine,
            Describe(y_.channels, groups_.tiles(), gradients_.PointStride(), gradients_.RowStride(),
                     1),
            Describe(groups_.tiles(), x_.channels, patches_.PointStride(), 1, patches_.RowStride()),
            Describe(y_.channels, x_.channels, kernels_.PointStride(), x_.channels, 1),
            accumulates));
  }

  void Run(const StepRun& run) override {
    pool_.ParallelFor(RunCount(), [&](std::int64_t index, int thread) {
      const IndexRange groups = PartOf(groups_.count(), RunCount(), index);
      for (std::int64_t group = groups.first; group < groups.last; ++group) {
        Enter(run, group, thread);
        const std::int64_t kind = group == groups.first ? 0 : pool_.thread_count();
        multiply_[static_cast<std::size_t>(kind + thread)].Run(
            {scratch_.Of(thread, 1), scratch_.Of(thread, 0), SumOf(index)});
      }
    });
    ForEachRun(pool_, static_cast<std::size_t>(kernels_.rows),
               RowsPerRun(static_cast<std::size_t>(kWinogradPoints * kernels_.columns)),
               [&](std::size_t first, std::size_t count) {
                 for (std::size_t row = first; row < first + count; ++row)
                   Leave(static_cast<std::int64_t>(row), run.output(0));
               });
  }

 private:
  std::int64_t RunCount() const {
    const bool has_many = kernels_.rows * kernels_.columns >= kManyChannels;
    return std::min(groups_.count(), has_many ? kRunsOfManyChannels : kRuns);
  }
  std::int64_t RunElements() const { return kWinogradPoints * kernels_.PointStride(); }
  float* SumOf(std::int64_t index) const { return scratch_.Shared() + index * RunElements(); }

  void Enter(const StepRun& run, std::int64_t group, int thread) {
    float* const rows_of_x = scratch_.Of(thread, 2);
    float* const rows_of_y = scratch_.Of(thread, 3);
    std::fill_n(rows_of_x, x_.plane.ScratchElements(groups_.rows()), 0.0f);
    std::fill_n(rows_of_y, y_.plane.ScratchElements(groups_.rows()), 0.0f);
    const auto for_each = [&](const TiledImages& images, const auto& body) {
      for (std::int64_t channel = 0; channel < images.channels; ++channel)
        groups_.ForEachSample(
            group, [&](std::int64_t sample, const IndexRange& tile_rows, std::int64_t tile) {
              body(channel, images.OffsetOf(sample, channel), tile_rows, tile);
            });
    };
    for_each(x_, [&](std::int64_t channel, std::int64_t offset, const IndexRange& tile_rows,
                     std::int64_t tile) {
      TransformPatches(x_.plane, tile_rows, run.input(1) + offset, rows_of_x,
                       patches_.At(scratch_.Of(thread, 0), channel, tile));
    });
    for_each(y_, [&](std::int64_t channel, std::int64_t offset, const IndexRange& tile_rows,
                     std::int64_t tile) {
      TransformGradients(y_.plane, tile_rows, run.input(0) + offset, rows_of_y,
                         gradients_.At(scratch_.Of(thread, 1), channel, tile));
    });
    Clear(patches_, scratch_.Of(thread, 0), groups_.TilesOf(group));
    Clear(gradients_, scratch_.Of(thread, 1), groups_.TilesOf(group));
  }

  // The tiles that the last group lacks add nothing.
  static void Clear(const PointMatrices& matrices, float* points, std::int64_t first_tile) {
    const std::int64_t count = matrices.tiles - first_tile;
    for (std::int64_t point = 0; count > 0 && point < kWinogradPoints; ++point)
      for (std::int64_t channel = 0; channel < matrices.channels; ++channel)
        std::fill_n(
            points + point * matrices.PointStride() + channel * matrices.RowStride() + first_tile,
            count, 0.0f);
  }

  // Adds up a row of all runs, in order.
  void Leave(std::int64_t row, float* weight) {
    const auto columns = static_cast<std::size_t>(kernels_.columns);
    for (std::int64_t index = 1; index < RunCount(); ++index)
      for (std::int64_t point = 0; point < kWinogradPoints; ++point) {
        const std::int64_t offset = point * kernels_.PointStride() + row * kernels_.columns;
        AddTo(SumOf(0) + offset, SumOf(index) + offset, columns);
      }
    TransformKernelGradients(kernels_, row, SumOf(0), store_, weight);
  }

  ThreadPool& pool_;
  const KernelStore store_;
  const TiledImages x_, y_;
  const KernelMatrix kernels_;
  const TileGroups groups_;
  const PointMatrices patches_, gradients_;
  const ScratchPieces scratch_;  // runs; of a thread: patches, gradients, rows of both planes
  std::vector<LibraryPrimitive> multiply_;  // [adds to the sum?][thread]
};

}  // namespace

PreparedStep PrepareWinogradWeightGradient(const KernelRequest& request,
                                           const ConvolutionOperands& operands) {
  return PrepareConvolutionStep<WeightGradientStep>(request, operands);
}

}  // namespace descent::cpu
