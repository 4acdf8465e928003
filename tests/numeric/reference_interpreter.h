#pragma once

#include <cstdint>
#include <vector>

#include "worker/graph/graph.h"

namespace descent {

// The values of a graph in double, by value index; integers too. Empty where not yet known.
using ReferenceValues = std::vector<std::vector<double>>;

struct ReferenceRandom {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t first_position = 0;
};

// What every op means, written as naively as possible: the oracle for gradient rules and kernels.
// `values` holds the inputs and parameters; the nodes' outputs are filled in, in f64.
void Interpret(const Graph& graph, const ReferenceRandom& random, ReferenceValues& values);

}  // namespace descent
