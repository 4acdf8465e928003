#include "worker/collective/ordered_sum.h"

#include <algorithm>
#include <cstring>

#include "common/check.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

// Additions go block by block through all slots: 16 KiB per slot stays in the nearest caches.
constexpr auto kBlockElements = static_cast<std::size_t>(kSliceUnitElements);

// A sum of this size (4 MiB) and its slots do not stay in a core's cache until somebody reads them:
// writing past the cache saves reading what is overwritten.
constexpr std::int64_t kStreamingElementsMin = std::int64_t{1} << 20;

}  // namespace

void OrderedSum::Add(const CanonicalTree& tree, std::span<const float* const> slots,
                     IndexRange range, const SumTarget& target) {
  DESCENT_CHECK(slots.size() == static_cast<std::size_t>(tree.slot_count()));
  if (range.size() == 0) return;
  DESCENT_CHECK(range.first % kSliceUnitElements == 0);
  float* const sum = target.bucket == nullptr ? nullptr : target.bucket + range.first;
  if (slots.size() == 1 && slots[0] == sum && !target.on_block) return;
  // What is overwritten has been read just now if the sum is one of its own slots.
  const bool is_in_place = std::ranges::find(slots, sum) != slots.end();
  const StoreKind store = !is_in_place && range.size() >= kStreamingElementsMin
                              ? StoreKind::kStreaming
                              : StoreKind::kCached;
  if (scratch_.size() < slots.size() * kBlockElements)
    scratch_.resize(slots.size() * kBlockElements);
  block_values_.resize(slots.size());
  for (std::int64_t first = 0; first < range.size(); first += kSliceUnitElements) {
    const auto offset = static_cast<std::size_t>(first);
    const std::int64_t size = std::min(kSliceUnitElements, range.size() - first);
    const float* const values = AddBlock(tree, slots, offset, static_cast<std::size_t>(size),
                                         sum == nullptr ? nullptr : sum + offset,
                                         target.on_block ? StoreKind::kCached : store);
    if (target.on_block)
      target.on_block({range.first + first, range.first + first + size},
                      std::span(values, static_cast<std::size_t>(size)));
  }
}

// Where the block's sum is: at `sum`, unless that is null. Only the last addition writes there: it
// may be one of the slots, which all other additions must have read by then.
const float* OrderedSum::AddBlock(const CanonicalTree& tree, std::span<const float* const> slots,
                                  std::size_t first, std::size_t size, float* sum,
                                  StoreKind store) {
  std::ranges::transform(slots, block_values_.begin(),
                         [&](const float* values) { return values + first; });
  const std::span<const CanonicalTree::Addition> additions = tree.additions();
  for (std::size_t i = 0; i < additions.size(); ++i) {
    const auto target = static_cast<std::size_t>(additions[i].target);
    const auto source = static_cast<std::size_t>(additions[i].source);
    const bool is_kept = i + 1 == additions.size() && sum != nullptr;
    float* const out = is_kept ? sum : scratch_.data() + target * kBlockElements;
    AddElements(std::span(block_values_[target], size), std::span(block_values_[source], size),
                std::span(out, size), is_kept ? store : StoreKind::kCached);
    block_values_[target] = out;
  }
  if (additions.empty() && sum != nullptr) {
    std::memmove(sum, block_values_[0], size * sizeof(float));
    return sum;
  }
  return block_values_[0];
}

}  // namespace descent
