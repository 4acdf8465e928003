#include <utility>

#include "worker/plan/activation_checkpointing.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

// The nodes up to the last that computes a value of the model itself.
std::size_t ForwardCount(const Graph& graph, int model_values) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (graph.nodes()[i].outputs[0].index < model_values) count = i + 1;
  }
  return count;
}

}  // namespace

LoweredModel CheckpointActivations(LoweredModel lowered, int model_values,
                                   const ParameterLayout& layout, PlanKind kind) {
  const StepGraph step{lowered.graph, ForwardCount(lowered.graph, model_values)};
  const std::size_t segments_max = CutPoints(step).size() + 1;
  std::int64_t fewest = PlaceValues(lowered, layout, kind).activation_elements;
  LoweredModel best = std::move(lowered);
  // In steps of about a factor of 1.5: the need for memory is flat near its least.
  for (std::size_t count = 2; count <= segments_max; count += (count + 1) / 2) {
    LoweredModel candidate{RecomputeSegments(step, ChooseSegments(step, count)), best.gradients,
                           best.earlier_parts};
    const std::int64_t elements = PlaceValues(candidate, layout, kind).activation_elements;
    if (elements >= fewest) continue;
    fewest = elements;
    best = std::move(candidate);
  }
  return best;
}

}  // namespace descent
