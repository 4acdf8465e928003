#include "worker/plan/activation_checkpointing.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace descent {
namespace {

constexpr int kNone = -1;

std::size_t At(ValueId id) { return static_cast<std::size_t>(id.index); }

// The forward node that computes each value; kNone if none does.
std::vector<int> ForwardProducers(const StepGraph& step) {
  std::vector<int> producers(static_cast<std::size_t>(step.graph.value_count()), kNone);
  for (std::size_t i = 0; i < step.forward_count; ++i) {
    for (const ValueId id : step.graph.nodes()[i].outputs) producers[At(id)] = static_cast<int>(i);
  }
  return producers;
}

// The last forward node that reads each value; kNone if none does.
std::vector<int> LastForwardReads(const StepGraph& step) {
  std::vector<int> reads(static_cast<std::size_t>(step.graph.value_count()), kNone);
  for (std::size_t i = 0; i < step.forward_count; ++i) {
    for (const ValueId id : step.graph.nodes()[i].inputs) reads[At(id)] = static_cast<int>(i);
  }
  return reads;
}

std::int64_t ResultElements(const Graph& graph, const Node& node) {
  std::int64_t count = 0;
  for (const TensorType& type : graph.TypesOf(node.outputs)) count += ElementCount(type.shape);
  return count;
}

// The last cut there may be. What the node of the logits reads belongs to the last segment, whose
// results are kept: with them the head can be fused as it is without cuts, for which it must be the
// value of the forward pass that the backward pass reads (fuse_head.cc).
std::size_t LastCut(const StepGraph& step, const std::vector<int>& producers) {
  const ValueId logits = step.graph.ports().logits;
  const int head = logits.is_valid() ? producers[At(logits)] : kNone;
  if (head == kNone) return step.forward_count;
  std::size_t last = step.forward_count;
  for (const ValueId id : step.graph.nodes()[static_cast<std::size_t>(head)].inputs) {
    if (producers[At(id)] != kNone)
      last = std::min(last, static_cast<std::size_t>(producers[At(id)]));
  }
  return last;
}

// Builds the list of nodes of a step that computes segments again.
class Recomputation {
 public:
  Recomputation(const StepGraph& step, const std::vector<std::size_t>& segment_ends)
      : graph_(step.graph), forward_count_(step.forward_count), producers_(ForwardProducers(step)) {
    for (std::size_t i = 0, segment = 0; i < forward_count_; ++i) {
      if (segment < segment_ends.size() && i == segment_ends[segment]) ++segment;
      segment_of_.push_back(segment);
    }
    FindKept();
    is_emitted_.resize(segment_ends.size() + 1);
  }

  Graph Run() {
    const std::vector<Node> nodes(graph_.nodes().begin(), graph_.nodes().end());
    std::vector<Node> emitted(nodes.begin(), nodes.begin() + static_cast<int>(forward_count_));
    for (std::size_t i = forward_count_; i < nodes.size(); ++i) {
      for (const ValueId id : nodes[i].inputs) {
        if (IsDropped(id)) EmitSegment(SegmentOf(id), nodes, emitted);
      }
      emitted.push_back(Substituted(nodes[i]));
    }
    return graph_.WithNodes(std::move(emitted));
  }

 private:
  std::size_t SegmentOf(ValueId id) const {
    return segment_of_[static_cast<std::size_t>(producers_[At(id)])];
  }

  // Whether the value is a result of the forward pass that is computed again.
  bool IsDropped(ValueId id) const {
    return At(id) < is_kept_.size() && producers_[At(id)] != kNone && !is_kept_[At(id)];
  }

  // What a later segment reads, what the last one computes, and what the caller wants.
  void FindKept() {
    is_kept_.resize(producers_.size());
    for (std::size_t i = 0; i < forward_count_; ++i) {
      const Node& node = graph_.nodes()[i];
      for (const ValueId id : node.inputs) {
        if (producers_[At(id)] != kNone && SegmentOf(id) != segment_of_[i]) is_kept_[At(id)] = true;
      }
      for (const ValueId id : node.outputs) {
        if (segment_of_[i] == segment_of_.back()) is_kept_[At(id)] = true;
      }
    }
    const ModelPorts& ports = graph_.ports();
    for (const ValueId port : {ports.logits, ports.losses, ports.correct}) {
      if (port.is_valid()) is_kept_[At(port)] = true;
    }
  }

  // The forward nodes of a segment that lead to what backward nodes read, ascending.
  std::vector<std::size_t> NodesToRepeat(std::size_t segment,
                                         const std::vector<Node>& nodes) const {
    std::vector<bool> is_needed(is_kept_.size());
    const auto need = [&](const Node& node) {
      for (const ValueId id : node.inputs) {
        if (IsDropped(id) && SegmentOf(id) == segment) is_needed[At(id)] = true;
      }
    };
    std::for_each(nodes.begin() + static_cast<int>(forward_count_), nodes.end(), need);
    std::vector<std::size_t> repeated;
    for (std::size_t i = forward_count_; i-- > 0;) {
      if (segment_of_[i] != segment) continue;
      const auto is_wanted = [&](ValueId id) { return is_needed[At(id)]; };
      if (std::ranges::none_of(nodes[i].outputs, is_wanted)) continue;
      need(nodes[i]);
      repeated.push_back(i);
    }
    std::ranges::reverse(repeated);
    return repeated;
  }

  void EmitSegment(std::size_t segment, const std::vector<Node>& nodes,
                   std::vector<Node>& emitted) {
    if (is_emitted_[segment]) return;
    is_emitted_[segment] = true;
    for (const std::size_t i : NodesToRepeat(segment, nodes)) {
      const Node node = Substituted(nodes[i]);
      const auto outputs = graph_.AddNode(*node.op, node.inputs, node.attributes).value();
      for (std::size_t output = 0; output < outputs.size(); ++output) {
        if (IsDropped(node.outputs[output])) again_[node.outputs[output].index] = outputs[output];
      }
      emitted.push_back(graph_.nodes().back());
    }
  }

  // The node with what was computed again in the place of what was dropped.
  Node Substituted(Node node) const {
    for (ValueId& id : node.inputs) {
      if (const auto found = again_.find(id.index); found != again_.end()) id = found->second;
    }
    return node;
  }

  Graph graph_;
  const std::size_t forward_count_;
  const std::vector<int> producers_;     // by value of the step as it came
  std::vector<std::size_t> segment_of_;  // by forward node
  std::vector<bool> is_kept_;            // by value of the step as it came
  std::vector<bool> is_emitted_;         // by segment
  std::map<int, ValueId> again_;         // by index of the value that was dropped
};

}  // namespace

std::vector<std::size_t> CutPoints(const StepGraph& step) {
  const std::vector<int> last_reads = LastForwardReads(step);
  const std::size_t last_cut = LastCut(step, ForwardProducers(step));
  std::vector<std::size_t> cuts;
  std::vector<int> alive;  // by last read, of results that a later forward node reads
  for (std::size_t i = 0; i + 1 < step.forward_count && i + 1 <= last_cut; ++i) {
    std::erase_if(alive, [&](int last_read) { return last_read <= static_cast<int>(i); });
    for (const ValueId id : step.graph.nodes()[i].outputs) {
      if (last_reads[At(id)] > static_cast<int>(i)) alive.push_back(last_reads[At(id)]);
    }
    if (alive.size() == 1) cuts.push_back(i + 1);
  }
  return cuts;
}

std::vector<std::size_t> ChooseSegments(const StepGraph& step, std::size_t segment_count) {
  std::vector<std::int64_t> elements = {0};  // of all nodes before this one
  for (std::size_t i = 0; i < step.forward_count; ++i)
    elements.push_back(elements.back() + ResultElements(step.graph, step.graph.nodes()[i]));
  const auto count = static_cast<std::int64_t>(segment_count);
  std::vector<std::size_t> ends;
  std::int64_t next = 1;  // the segment whose end is sought
  for (const std::size_t cut : CutPoints(step)) {
    if (elements[cut] * count < next * elements.back()) continue;
    ends.push_back(cut);
    next = elements[cut] * count / elements.back() + 1;
  }
  return ends;
}

Graph RecomputeSegments(const StepGraph& step, const std::vector<std::size_t>& segment_ends) {
  return Recomputation(step, segment_ends).Run();
}

}  // namespace descent
