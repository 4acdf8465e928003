#pragma once

#include <span>
#include <vector>

#include "common/result.h"
#include "worker/graph/graph.h"

namespace descent {

// A graph that computes gradients as well, with the ids of the graph it came from.
struct Differentiated {
  Graph graph;
  std::vector<ValueId> gradients;  // one for each parameter asked for, in that order
};

// Appends the gradient of the sum of `loss`'s elements with respect to each of `parameters` (any
// values, usually the graph's parameters). Walks the nodes backwards; where several paths reach a
// value, their gradients are added in the order in which that walk meets them. Nodes that neither
// the gradients, nor the loss, nor the model's outputs need are removed.
// kInvalidArgument: the loss does not depend on a parameter, or an op on the way has no gradient.
Result<Differentiated> Differentiate(const Graph& graph, ValueId loss,
                                     std::span<const ValueId> parameters);

}  // namespace descent
