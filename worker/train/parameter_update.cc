#include "worker/train/parameter_update.h"

#include <limits>

#include "common/check.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

// The update is memory-bound and its bits do not depend on the cut: a few large pieces per thread.
constexpr std::int64_t kChunkElements = std::int64_t{1} << 15;

// How far the weights move changes slowly, and measuring it reads them twice more.
constexpr std::int64_t kStepsBetweenMeasures = 10;

std::int64_t SizeOf(std::span<const IndexRange> ranges) {
  std::int64_t size = 0;
  for (const IndexRange& range : ranges) size += range.size();
  return size;
}

// A rank that updates everything has the slices of a world of one.
bool IsShared(const TrainState& state) { return state.update() == UpdateKind::kSharded; }

template <typename T>
std::span<T> RangeOf(std::span<T> values, IndexRange elements) {
  return values.subspan(static_cast<std::size_t>(elements.first),
                        static_cast<std::size_t>(elements.size()));
}

}  // namespace

ParameterUpdate::ParameterUpdate(const Options& options)
    : options_(options),
      slices_(options.layout, IsShared(options.state) ? options.collective.world_size() : 1),
      rank_(IsShared(options.state) ? options.collective.rank() : 0),
      chunks_(ChunksOf(slices_, rank_, kChunkElements)),
      measure_(slices_, rank_),
      weights_before_(static_cast<std::size_t>(options.pool.thread_count())) {
  std::int64_t size = 0;
  for (const UpdateChunk& chunk : chunks_) size += chunk.elements.size();
  DESCENT_CHECK(size == SizeOf(options.state.UpdateRanges()));
}

void ParameterUpdate::Begin(double learning_rate, double grad_scale, std::int64_t samples) {
  const double clip_value = options_.spec.optimizer.clip_value;
  is_measured_ = options_.state.steps_done() % kStepsBetweenMeasures == 0;
  step_ = options_.state.BeginUpdate(
      learning_rate, grad_scale,
      clip_value > 0 ? clip_value : std::numeric_limits<double>::infinity());
  step_.mean_scale = 1 / static_cast<double>(samples);
}

void ParameterUpdate::UpdateAll(std::span<const float> sum) {
  options_.pool.ParallelFor(static_cast<std::int64_t>(chunks_.size()),
                            [&](std::int64_t index, int thread) {
                              const UpdateChunk& chunk = chunks_[static_cast<std::size_t>(index)];
                              UpdateChunkOf(chunk, RangeOf(sum, chunk.elements),
                                            weights_before_[static_cast<std::size_t>(thread)]);
                            });
}

void ParameterUpdate::UpdateBlock(int bucket, IndexRange elements, std::span<const float> sum) {
  const std::int64_t first = elements.first - slices_.SliceOf(bucket, rank_).first;
  const std::int64_t block = slices_.BlocksOf(bucket, rank_).first + first / kNormBlockElements;
  UpdateChunkOf({.elements = elements, .first_block = block}, sum, weights_before_[0]);
}

void ParameterUpdate::UpdateChunkOf(const UpdateChunk& chunk, std::span<const float> sum,
                                    std::vector<float>& weights_before) {
  TrainState& state = options_.state;
  const bool is_measured = is_measured_ && chunk.elements.first < options_.layout.statistics.first;
  if (is_measured) {
    const std::span<const float> weights = RangeOf(state.parameters(), chunk.elements);
    weights_before.assign(weights.begin(), weights.end());
  }
  state.UpdateRange(step_, chunk.elements, sum);
  if (is_measured)
    measure_.Add(chunk.first_block, weights_before,
                 RangeOf(state.written_parameters(), chunk.elements));
}

Result<std::optional<double>> ParameterUpdate::Finish() {
  std::optional<double> ratio;
  if (is_measured_) {
    DESCENT_ASSIGN(ratio, measure_.Ratio(options_.collective));
  }
  DESCENT_RETURN_IF_ERROR(options_.state.FinishUpdate());
  return ratio;
}

}  // namespace descent
