#include "worker/train/state_copy.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

// Large enough to be worth a thread's while, and small enough that the threads end together.
constexpr std::size_t kPieceValues = std::size_t{1} << 18;

std::int64_t SizeOf(std::span<const TensorView> tensors) {
  std::size_t size = 0;
  for (const TensorView& tensor : tensors) size += tensor.values.size();
  return static_cast<std::int64_t>(size);
}

// Appends the values of `tensors` in pieces.
void AppendPieces(std::span<const TensorView> tensors,
                  std::vector<std::span<const float>>& pieces) {
  for (const TensorView& tensor : tensors)
    for (std::size_t first = 0; first < tensor.values.size(); first += kPieceValues)
      pieces.push_back(
          tensor.values.subspan(first, std::min(kPieceValues, tensor.values.size() - first)));
}

}  // namespace

StateCopy::StateCopy(std::vector<TensorView> parameters, std::vector<TensorView> optimizer)
    : parameters_(std::move(parameters)),
      optimizer_(std::move(optimizer)),
      values_(SizeOf(parameters_) + SizeOf(optimizer_)) {
  std::span<const float> rest = values_.span();
  for (std::vector<TensorView>* const tensors : {&parameters_, &optimizer_})
    for (TensorView& tensor : *tensors) {
      tensor.values = rest.first(tensor.values.size());
      rest = rest.subspan(tensor.values.size());
    }
}

void StateCopy::Take(std::span<const TensorView> parameters, std::span<const TensorView> optimizer,
                     ThreadPool& pool) {
  DESCENT_CHECK(SizeOf(parameters) == SizeOf(parameters_));
  DESCENT_CHECK(SizeOf(optimizer) == SizeOf(optimizer_));
  std::vector<std::span<const float>> pieces;
  AppendPieces(parameters, pieces);
  AppendPieces(optimizer, pieces);
  std::vector<float*> targets;
  float* target = values_.span().data();
  for (const std::span<const float> piece : pieces) {
    targets.push_back(target);
    target += piece.size();
  }
  pool.ParallelFor(std::ssize(pieces), [&](std::int64_t index, int) {
    const auto i = static_cast<std::size_t>(index);
    std::copy(pieces[i].begin(), pieces[i].end(), targets[i]);
  });
}

}  // namespace descent
