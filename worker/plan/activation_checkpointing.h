#pragma once

#include <cstddef>
#include <vector>

#include "worker/graph/graph.h"

namespace descent {

// Activation checkpointing: a training step that keeps few results of its forward pass and computes
// the others again when the backward pass comes to need them. The same ops on the same operands,
// dropout included, give the same bits. Source: Chen et al. 2016, "Training Deep Nets with
// Sublinear Memory Cost".

// A training step's nodes: first the forward pass, then all that follows from it.
struct StepGraph {
  Graph graph;
  std::size_t forward_count = 0;  // nodes of the forward pass
};

// Where the forward pass can be cut, as numbers of nodes before the cut: all that is needed behind
// it is one value, and what the caller provides. None is behind what the logits are made of.
std::vector<std::size_t> CutPoints(const StepGraph& step);

// The forward pass cut into at most `segment_count` segments at cut points, each of about the same
// size in elements of its results: the ends of the segments but the last.
std::vector<std::size_t> ChooseSegments(const StepGraph& step, std::size_t segment_count);

// The step with the forward nodes of each segment repeated before the first backward node that
// needs a result which no later segment and no port needs. The last segment's results are kept:
// the backward pass begins with them. Ids stay valid.
Graph RecomputeSegments(const StepGraph& step, const std::vector<std::size_t>& segment_ends);

}  // namespace descent
