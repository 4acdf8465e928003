#pragma once

#include <vector>

#include "worker/graph/graph.h"

namespace descent {

// The elements of every value of a graph, by its index; empty where it has none yet.
using FloatValues = std::vector<std::vector<float>>;

// Runs a graph of f32 tensors node by node by its kernels, each result in memory of its own, on one
// thread. `values` has the inputs and parameters, and gets the rest.
void RunByKernels(const Graph& graph, FloatValues& values);

}  // namespace descent
