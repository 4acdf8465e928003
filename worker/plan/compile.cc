#include <algorithm>
#include <utility>

#include "worker/plan/mixed_precision.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

double BytesOf(const std::vector<TensorType>& types) {
  double bytes = 0;
  for (const TensorType& type : types) bytes += static_cast<double>(ByteCount(type));
  return bytes;
}

std::vector<Place> PlacesOf(const std::vector<ValueId>& ids, const std::vector<Place>& places) {
  std::vector<Place> found;
  for (const ValueId id : ids) found.push_back(places[static_cast<std::size_t>(id.index)]);
  return found;
}

std::string TextOf(const Graph& graph, const Node& node) {
  std::string line = graph.WithNodes({node}).ToString();
  line.pop_back();  // the end of the line
  return line;
}

// `steps` are those before the node.
OutputMode ModeOf(const Node& node, const std::vector<ProgramStep>& steps,
                  const std::vector<Place>& places, PlanKind kind) {
  const std::vector<Place> outputs = PlacesOf(node.outputs, places);
  const auto gradient = std::ranges::find(outputs, Arena::kGradients, &Place::arena);
  if (gradient == outputs.end()) return OutputMode::kWrite;
  const bool is_later_part = std::ranges::any_of(steps, [&](const ProgramStep& step) {
    return std::ranges::find(step.outputs, *gradient) != step.outputs.end();
  });
  const bool accumulates = kind == PlanKind::kTrainAccumulate || is_later_part;
  return accumulates ? OutputMode::kAccumulate : OutputMode::kWrite;
}

// `stored` is the request's graph with the types in which values are stored.
Result<ProgramStep> PrepareStep(const KernelRequest& request, const Graph& stored,
                                WideningScratch& scratch, const std::vector<Place>& places) {
  const Node& node = request.node;
  const Kernel* kernel = FindKernel(node.op->name);
  if (kernel == nullptr) {
    return Status(Code::kInvalidArgument, "no kernel runs " + std::string(node.op->name));
  }
  ProgramStep step;
  DESCENT_ASSIGN(step.step, PrepareOnStored(*kernel, request, stored, scratch));
  step.inputs = PlacesOf(node.inputs, places);
  step.outputs = PlacesOf(node.outputs, places);
  step.input_addresses.resize(step.inputs.size());
  step.output_addresses.resize(step.outputs.size());
  const std::vector<TensorType> inputs = stored.TypesOf(node.inputs);
  const std::vector<TensorType> outputs = stored.TypesOf(node.outputs);
  step.flops = node.op->flops(inputs, outputs, node.attributes);
  const bool is_shown_in_place = node.op->is_view && step.inputs[0] == step.outputs[0];
  step.bytes_moved = is_shown_in_place ? 0 : BytesOf(inputs) + BytesOf(outputs);
  step.op = node.op->name;
  step.text = TextOf(stored, node);
  return step;
}

// By slot, the step that writes its gradient, the last part of it.
std::vector<int> WritersOf(const std::vector<ProgramStep>& steps, const ParameterLayout& layout) {
  std::vector<int> writers(layout.slots.size(), -1);
  for (std::size_t step = 0; step < steps.size(); ++step) {
    for (const Place& place : steps[step].outputs) {
      if (place.arena != Arena::kGradients) continue;
      const auto slot = std::ranges::find(layout.slots, place.offset, &ParameterSlot::offset);
      writers[static_cast<std::size_t>(slot - layout.slots.begin())] = static_cast<int>(step);
    }
  }
  return writers;
}

// The forward pass ends with the step that writes the samples' losses, or how many are right.
std::size_t ForwardStepCount(const std::vector<ProgramStep>& steps) {
  const auto is_result = [](const Place& place) {
    return place.arena == Arena::kLosses || place.arena == Arena::kCorrect;
  };
  std::size_t count = steps.size();
  while (count > 0 && std::ranges::none_of(steps[count - 1].outputs, is_result)) --count;
  return count;
}

// Once the steps stay where they are: labels point to their strings.
void LabelSteps(Program& program, std::vector<std::string> layers) {
  const std::size_t forward_count = ForwardStepCount(program.steps);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    ProgramStep& step = program.steps[i];
    step.layer = std::move(layers[i]);
    step.label = {i < forward_count ? "forward" : "backward", step.op, step.layer, step.text};
  }
}

void CountElements(Program& program, const Graph& graph, const ParameterLayout& layout,
                   std::int64_t activation_elements) {
  const auto set = [&](Arena arena, std::int64_t count) {
    program.element_counts[static_cast<std::size_t>(arena)] = count;
  };
  for (const CallersValue& value : CallersValues(graph, program.kind))
    set(value.arena, ElementCount(graph.value(value.id).type.shape));
  set(Arena::kParameters, layout.element_count);
  set(Arena::kGradients, IsTraining(program.kind) ? layout.element_count : 0);
  set(Arena::kActivations, activation_elements);
}

}  // namespace

Result<std::unique_ptr<Plan>> Plan::Compile(const Graph& model, const ParameterLayout& layout,
                                            PlanKind kind, ThreadPool& pool, PlanOptions options) {
  DESCENT_ASSIGN(LoweredModel lowered, Lower(model, layout, kind));
  if (IsTraining(kind) && options.checkpointing == ActivationCheckpointing::kFull)
    lowered = CheckpointActivations(std::move(lowered), model.value_count(), layout, kind);
  const bool is_narrow = options.precision == Precision::kBFloat16;
  if (IsTraining(kind)) {
    const DataType logits = is_narrow ? DataType::kBFloat16 : DataType::kFloat32;
    DESCENT_ASSIGN(lowered, FuseHead(std::move(lowered), logits));
  }
  LoweredModel stored = lowered;
  if (is_narrow) {
    DESCENT_ASSIGN(MixedPrecision mixed, MixPrecision(std::move(lowered), kind));
    lowered = std::move(mixed.model);
    stored.graph = std::move(mixed.stored);
  }
  const PlacedValues placed = PlaceValues(stored, layout, kind);
  auto program = std::make_unique<Program>();
  program->kind = kind;
  for (const Node& node : lowered.graph.nodes()) {
    const OutputMode mode = ModeOf(node, program->steps, placed.places, kind);
    DESCENT_ASSIGN(ProgramStep step, PrepareStep({lowered.graph, node, mode, pool}, stored.graph,
                                                 program->scratch, placed.places));
    program->steps.push_back(std::move(step));
  }
  LabelSteps(*program, LayersOf(lowered, layout));
  if (IsTraining(kind)) {
    program->gradient_writers = WritersOf(program->steps, layout);
    program->bucket_ready_after = ReadinessOf(layout.buckets, layout, program->gradient_writers);
  }
  CountElements(*program, lowered.graph, layout, placed.activation_elements);
  program->activations = AlignedBuffer(placed.activation_elements);
  return std::unique_ptr<Plan>(new Plan(std::move(program)));
}

}  // namespace descent
