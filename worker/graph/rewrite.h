#pragma once

#include <span>

#include "worker/graph/graph.h"

namespace descent {

// Passes from a graph to a graph. Ids stay valid; the order of the nodes that remain does too.

// Only the nodes that `wanted` values depend on.
Graph RemoveDeadNodes(const Graph& graph, std::span<const ValueId> wanted);

// The graph as it is evaluated: without the ops that only training has (dropout), or their parts.
Graph ForEvaluation(const Graph& graph);

}  // namespace descent
