#include <algorithm>

#include "worker/plan/memory_planner.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

constexpr int kNoBuffer = -1;

std::size_t At(ValueId id) { return static_cast<std::size_t>(id.index); }

// Which values share a piece of the activation arena, and when each piece is in use.
struct Buffers {
  std::vector<int> buffer_of;  // by value; kNoBuffer: lies in the caller's memory, or is not used
  std::vector<MemoryRequest> requests;
};

// The last step that reads each value, by index; -1 if none does.
std::vector<int> LastReads(const Graph& graph) {
  std::vector<int> last_reads(static_cast<std::size_t>(graph.value_count()), -1);
  for (std::size_t step = 0; step < graph.nodes().size(); ++step) {
    for (const ValueId id : graph.nodes()[step].inputs) last_reads[At(id)] = static_cast<int>(step);
  }
  return last_reads;
}

// The buffer of an input that output 0 can lie in: a view in that of what it shows, and another
// op's output, where the op allows it, in one of which nobody reads anything later. Else kNoBuffer.
int BufferToShare(const Graph& graph, const Node& node, int step, const Buffers& buffers) {
  if (node.op->is_view) return buffers.buffer_of[At(node.inputs[0])];
  if (node.op->in_place_input < 0) return kNoBuffer;
  const ValueId input = node.inputs[static_cast<std::size_t>(node.op->in_place_input)];
  const int buffer = buffers.buffer_of[At(input)];
  if (buffer == kNoBuffer) return kNoBuffer;
  const bool is_read_later = buffers.requests[static_cast<std::size_t>(buffer)].last_step > step;
  const bool has_its_type = graph.value(input).type == graph.value(node.outputs[0]).type;
  return has_its_type && !is_read_later ? buffer : kNoBuffer;
}

Buffers AssignBuffers(const Graph& graph, const std::vector<bool>& is_callers) {
  const std::vector<int> last_reads = LastReads(graph);
  Buffers buffers{std::vector<int>(last_reads.size(), kNoBuffer), {}};
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    const int step = static_cast<int>(i);
    for (const ValueId id : node.outputs) {
      if (is_callers[At(id)]) continue;
      int& buffer = buffers.buffer_of[At(id)];
      if (id == node.outputs[0]) buffer = BufferToShare(graph, node, step, buffers);
      if (buffer == kNoBuffer) {
        buffer = static_cast<int>(buffers.requests.size());
        buffers.requests.push_back({WordCount(graph.value(id).type), step, step});
      }
      MemoryRequest& request = buffers.requests[static_cast<std::size_t>(buffer)];
      request.last_step = std::max({request.last_step, step, last_reads[At(id)]});
    }
  }
  return buffers;
}

}  // namespace

std::vector<CallersValue> CallersValues(const Graph& graph, PlanKind kind) {
  const ModelPorts& ports = graph.ports();
  const bool is_of_tokens = graph.value(ports.input).type.type == DataType::kInt32;
  std::vector<CallersValue> values = {
      {ports.input, is_of_tokens ? Arena::kTokens : Arena::kFeatures}};
  if (kind == PlanKind::kPredict) {
    values.push_back({ports.logits, Arena::kLogits});
  } else {
    const bool is_of_numbers = ports.targets.is_valid();
    values.push_back(is_of_numbers ? CallersValue{ports.targets, Arena::kTargets}
                                   : CallersValue{ports.labels, Arena::kLabels});
    values.push_back({ports.losses, Arena::kLosses});
    if (ports.correct.is_valid()) values.push_back({ports.correct, Arena::kCorrect});
    if (kind == PlanKind::kEvaluate && ports.top_five.is_valid())
      values.push_back({ports.top_five, Arena::kTopFive});
    if (kind == PlanKind::kEvaluate && is_of_numbers)
      values.push_back({ports.logits, Arena::kLogits});
  }
  return values;
}

PlacedValues PlaceValues(const LoweredModel& model, const ParameterLayout& layout, PlanKind kind) {
  const Graph& graph = model.graph;
  PlacedValues placed;
  placed.places.resize(static_cast<std::size_t>(graph.value_count()));
  std::vector<bool> is_callers(placed.places.size());
  const auto place = [&](ValueId id, Arena arena, std::int64_t offset) {
    placed.places[At(id)] = {arena, offset};
    is_callers[At(id)] = true;
  };
  for (const CallersValue& value : CallersValues(graph, kind)) place(value.id, value.arena, 0);
  std::vector<ValueId> in_parameters = graph.parameters();
  for (const RunningStatistic& statistic : graph.statistics())
    in_parameters.push_back(statistic.value);
  for (const ValueId id : in_parameters) {
    const ParameterSlot* slot = FindSlot(layout, graph.value(id).name);
    DESCENT_CHECK(slot != nullptr);
    place(id, Arena::kParameters, slot->offset);
  }
  for (std::size_t i = 0; i < model.gradients.size(); ++i) {
    place(model.gradients[i], Arena::kGradients, layout.slots[i].offset);
  }
  for (const LoweredModel::GradientPart& part : model.earlier_parts)
    place(part.id, Arena::kGradients, layout.slots[part.slot].offset);

  // A view of what the caller owns lies there too.
  for (const Node& node : graph.nodes()) {
    if (!node.op->is_view || is_callers[At(node.outputs[0])]) continue;
    const Place& shown = placed.places[At(node.inputs[0])];
    if (is_callers[At(node.inputs[0])]) place(node.outputs[0], shown.arena, shown.offset);
  }

  const Buffers buffers = AssignBuffers(graph, is_callers);
  const MemoryPlan memory = PlanMemory(buffers.requests);
  for (std::size_t i = 0; i < placed.places.size(); ++i) {
    const int buffer = buffers.buffer_of[i];
    if (buffer == kNoBuffer) continue;
    placed.places[i] = {Arena::kActivations, memory.offsets[static_cast<std::size_t>(buffer)]};
  }
  placed.activation_elements = memory.element_count;
  return placed;
}

}  // namespace descent
