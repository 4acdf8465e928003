#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/shard_planner.h"
#include "worker/graph/graph.h"

namespace descent {

// Where one parameter lies in the flat arenas; the same offsets in the arenas of parameters, of
// gradients and of each optimizer moment.
struct ParameterSlot {
  std::string name;  // "layers.0.weight"
  std::vector<std::int64_t> shape;
  std::int64_t offset = 0;                        // in elements, a multiple of 16 (64 bytes)
  std::int64_t size = 0;                          // in elements, without padding
  std::optional<double> momentum = std::nullopt;  // of a running statistic; absent: it is learned
};

// All parameters in bucket order: the reverse of the forward pass, so the gradients of the first
// bucket are ready first; then the running statistics, in buckets of their own. In the arena of
// gradients a statistic's slot holds the sum of what was measured. Padding between slots is zero in
// every arena and stays zero.
struct ParameterLayout {
  std::vector<ParameterSlot> slots;  // by offset
  std::vector<IndexRange> buckets;   // tile [0, element_count), each one all-reduce
  std::int64_t element_count = 0;    // with padding
  IndexRange statistics;             // where these lie: at the end; empty if there are none
};

// The layout of a model's parameters, in the reverse of the order in which the forward pass first
// uses them; it does not depend on the batch size. A bucket is closed once it holds
// limits::kBucketElementsTarget. A parameter of at least that size has buckets of its own, so that
// those before it need not wait for it, and is cut where it exceeds limits::kBucketElementsMax.
ParameterLayout MakeParameterLayout(const Graph& model);

// The buckets that the layout would have, were they closed at `target` elements: at most
// limits::kBucketElementsMax.
std::vector<IndexRange> BucketsOf(const ParameterLayout& layout, std::int64_t target);

// By bucket: the latest of the steps that write the gradients, by slot, of it and of all buckets
// before it.
std::vector<int> ReadinessOf(std::span<const IndexRange> buckets, const ParameterLayout& layout,
                             std::span<const int> writers);

// The slot of that name, or null.
const ParameterSlot* FindSlot(const ParameterLayout& layout, std::string_view name);

// Fills the arena [layout.element_count]: every parameter as its initialization says, padding zero.
// An element's bits are a function of the seed, the parameter's place in the forward pass and the
// element's index in the parameter, not of the layout.
void InitializeParameters(const Graph& model, const ParameterLayout& layout, std::uint64_t seed,
                          std::span<float> parameters);

}  // namespace descent
