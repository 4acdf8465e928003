#pragma once

#include <span>

namespace descent {

enum class StoreKind {
  kCached,
  kStreaming,  // past the caches: for sums that are too large to be read from them
};

// sum[i] = a[i] + b[i] in f32; all of one size. `sum` may be `a` or `b` itself. An element has one
// addition, so the bits depend neither on the vector width nor on how the spans are cut.
void AddElements(std::span<const float> a, std::span<const float> b, std::span<float> sum,
                 StoreKind store = StoreKind::kCached);

}  // namespace descent
