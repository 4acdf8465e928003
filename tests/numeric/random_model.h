#pragma once

#include <cstdint>

#include "worker/graph/graph.h"

namespace descent {

inline constexpr std::int64_t kRandomModelRows = 4;
inline constexpr std::int64_t kRandomModelColumns = 12;

// A model of [4, 12] features and as many targets, drawn from the seed: chains and branches of ops
// that run in place, are views, broadcast, have several outputs, keep values for their gradients or
// are random; values that are read once, often or never.
Graph MakeRandomModel(std::uint64_t seed);

}  // namespace descent
