#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/kernels/kernel.h"
#include "worker/kernels/widened_step.h"
#include "worker/plan/plan.h"

namespace descent {

// Memory that a run resolves to an address. All but the activations belong to the caller.
enum class Arena {
  kFeatures,
  kTokens,
  kLabels,
  kTargets,
  kParameters,
  kGradients,
  kLosses,
  kCorrect,
  kTopFive,
  kLogits,
  kActivations,
};
inline constexpr std::size_t kArenaCount = 11;

// Where a value lies.
struct Place {
  Arena arena = Arena::kActivations;
  std::int64_t offset = 0;  // in words of four bytes, as one element of f32 or int32 takes

  bool operator==(const Place&) const = default;
};

// A prepared step and where its operands lie.
struct ProgramStep {
  std::unique_ptr<Step> step;
  std::vector<Place> inputs;
  std::vector<Place> outputs;
  std::string_view op;
  std::string text;   // the node, as people read it
  std::string layer;  // LayersOf
  TraceLabel label;   // of the strings above
  double flops = 0;
  double bytes_moved = 0;
  // Addresses of the run in progress; here, so that a run does not allocate.
  std::vector<const void*> input_addresses;
  std::vector<void*> output_addresses;
};

// What Plan::Compile makes and Plan::Run replays.
struct Program {
  PlanKind kind = PlanKind::kEvaluate;
  std::array<std::int64_t, kArenaCount> element_counts = {};  // of each arena
  std::vector<ProgramStep> steps;
  std::vector<int> gradient_writers;  // by slot: the step that writes its gradient, its last part
  // By bucket: the step after which its gradients, and those of all buckets before it, are written.
  std::vector<int> bucket_ready_after;
  AlignedBuffer activations{0};
  WideningScratch scratch;  // of steps on bf16
};

// The halves of Plan::Compile that come before kernels: lower.cc and place_values.cc.

// The graph that a plan of some kind runs.
struct LoweredModel {
  // A part of the gradient of a parameter that several paths reach. Its node writes it where the
  // whole gradient comes to lie, and the nodes of later parts add to it.
  struct GradientPart {
    ValueId id;
    std::size_t slot = 0;  // of the layout
  };

  Graph graph;
  // By slot of the layout: the gradient, or its last part; empty unless it trains.
  std::vector<ValueId> gradients;
  std::vector<GradientPart> earlier_parts;
};
Result<LoweredModel> Lower(const Graph& model, const ParameterLayout& layout, PlanKind kind);

// The same training step with the head of a classifier, its cross-entropy and their gradients as
// one node, linear_cross_entropy, where nothing else needs all logits (fuse_head.cc); else as it
// is. `stored` is the type that logits are to be stored in.
Result<LoweredModel> FuseHead(LoweredModel model, DataType stored);

// The same training step with such of its activations computed again in the backward pass that it
// needs the least memory for them (activation_checkpointing.h); checkpoint_activations.cc. The
// first `model_values` values of the graph are the model's.
LoweredModel CheckpointActivations(LoweredModel lowered, int model_values,
                                   const ParameterLayout& layout, PlanKind kind);

// The inputs and outputs of a plan of some kind; all but parameters and gradients.
struct CallersValue {
  ValueId id;
  Arena arena;
};
std::vector<CallersValue> CallersValues(const Graph& graph, PlanKind kind);

// Where its values lie.
struct PlacedValues {
  std::vector<Place> places;  // by value; meaningless for values that no node touches
  std::int64_t activation_elements = 0;
};
PlacedValues PlaceValues(const LoweredModel& model, const ParameterLayout& layout, PlanKind kind);

// By node: the layer whose parameter it reads or gives a gradient, without the parameter's last
// name; of other nodes, that of the operand that was computed last. Empty: before the first layer.
std::vector<std::string> LayersOf(const LoweredModel& model, const ParameterLayout& layout);

}  // namespace descent
