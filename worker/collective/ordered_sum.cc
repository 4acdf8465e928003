#include "worker/collective/ordered_sum.h"

#include <algorithm>
#include <cstring>

#include "common/check.h"

namespace descent {
namespace {

// Additions go block by block through all slots: 16 KiB per slot stays in the nearest caches.
constexpr std::size_t kBlockElements = 4096;

// A sum of this size (4 MiB) and its slots do not stay in a core's cache until somebody reads them:
// writing past the cache saves reading what is overwritten.
constexpr std::size_t kStreamingElementsMin = std::size_t{1} << 20;

}  // namespace

void OrderedSum::Add(const CanonicalTree& tree, std::span<const float* const> slots,
                     std::span<float> sum) {
  DESCENT_CHECK(slots.size() == static_cast<std::size_t>(tree.slot_count()));
  if (slots.size() == 1 && slots[0] == sum.data()) return;
  // What is overwritten has been read just now if the sum is one of its own slots.
  const bool is_in_place = std::ranges::find(slots, sum.data()) != slots.end();
  const StoreKind store = !is_in_place && sum.size() >= kStreamingElementsMin
                              ? StoreKind::kStreaming
                              : StoreKind::kCached;
  if (scratch_.size() < slots.size() * kBlockElements)
    scratch_.resize(slots.size() * kBlockElements);
  block_values_.resize(slots.size());
  for (std::size_t first = 0; first < sum.size(); first += kBlockElements) {
    const std::size_t size = std::min(kBlockElements, sum.size() - first);
    AddBlock(tree, slots, first, sum.subspan(first, size), store);
  }
}

// Only the last addition writes to `block_sum`: it may be one of the slots, which all other
// additions must have read by then.
void OrderedSum::AddBlock(const CanonicalTree& tree, std::span<const float* const> slots,
                          std::size_t first, std::span<float> block_sum, StoreKind store) {
  std::ranges::transform(slots, block_values_.begin(),
                         [&](const float* values) { return values + first; });
  const std::span<const CanonicalTree::Addition> additions = tree.additions();
  if (additions.empty()) {
    std::memmove(block_sum.data(), block_values_[0], block_sum.size_bytes());
    return;
  }
  for (std::size_t i = 0; i < additions.size(); ++i) {
    const auto target = static_cast<std::size_t>(additions[i].target);
    const auto source = static_cast<std::size_t>(additions[i].source);
    const bool is_last = i + 1 == additions.size();
    float* const out = is_last ? block_sum.data() : scratch_.data() + target * kBlockElements;
    AddElements(std::span(block_values_[target], block_sum.size()),
                std::span(block_values_[source], block_sum.size()),
                std::span(out, block_sum.size()), is_last ? store : StoreKind::kCached);
    block_values_[target] = out;
  }
}

}  // namespace descent
