#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "tests/numeric/plan_fixture.h"
#include "tests/numeric/random_model.h"
#include "worker/graph/sample_source.h"
#include "worker/models/model.h"
#include "worker/ops/movement_ops.h"
#include "worker/ops/ops.h"
#include "worker/plan/program.h"

namespace descent {
namespace {

constexpr std::uint64_t kRandomModels = 150;
constexpr std::array kEveryKind = {PlanKind::kTrainWrite, PlanKind::kTrainAccumulate,
                                   PlanKind::kEvaluate, PlanKind::kPredict};

// Runs a plan on memory whose elements are the names of the values that were written there last.
class SymbolicRun {
 public:
  SymbolicRun(const LoweredModel& model, const PlacedValues& placed, PlanKind kind)
      : graph_(model.graph), placed_(placed) {
    for (const CallersValue& value : CallersValues(graph_, kind)) Write(value.id);
    for (const ValueId id : graph_.parameters()) Write(id);
    for (const RunningStatistic& statistic : graph_.statistics()) Write(statistic.value);
  }

  // What went wrong first; empty if every node reads what was computed for it.
  std::string Run() {
    for (const Node& node : graph_.nodes()) {
      for (const ValueId id : node.inputs) {
        if (!Holds(id)) return graph_.value(id).name + " is overwritten before it is read";
      }
      for (const ValueId id : node.outputs) {
        if (!Fits(id)) return graph_.value(id).name + " lies outside the arena";
        Write(id);
      }
      // A view and what it shows hold the same numbers.
      const bool is_shared = node.op->is_view && IsSamePlace(node.inputs[0], node.outputs[0]);
      if (is_shared) shown_[node.inputs[0].index] = node.outputs[0].index;
    }
    return "";
  }

 private:
  const Place& PlaceOf(ValueId id) const {
    return placed_.places[static_cast<std::size_t>(id.index)];
  }
  std::int64_t SizeOf(ValueId id) const { return ElementCount(graph_.value(id).type.shape); }

  bool IsSamePlace(ValueId a, ValueId b) const {
    return PlaceOf(a).arena == PlaceOf(b).arena && PlaceOf(a).offset == PlaceOf(b).offset;
  }

  bool Fits(ValueId id) const {
    const Place& place = PlaceOf(id);
    return place.arena != Arena::kActivations ||
           (place.offset >= 0 && place.offset + SizeOf(id) <= placed_.activation_elements);
  }

  void Write(ValueId id) {
    const Place& place = PlaceOf(id);
    for (std::int64_t i = 0; i < SizeOf(id); ++i)
      memory_[{place.arena, place.offset + i}] = id.index;
  }

  bool Holds(ValueId id) const {
    const Place& place = PlaceOf(id);
    for (std::int64_t i = 0; i < SizeOf(id); ++i) {
      const auto found = memory_.find({place.arena, place.offset + i});
      if (found == memory_.end() || !IsOrIsShownBy(id.index, found->second)) return false;
    }
    return true;
  }

  // Whether `holder` is the value, or a view of it, or a view of a view.
  bool IsOrIsShownBy(int value, int holder) const {
    while (value != holder) {
      const auto view = shown_.find(value);
      if (view == shown_.end()) return false;
      value = view->second;
    }
    return true;
  }

  const Graph& graph_;
  const PlacedValues& placed_;
  std::map<std::pair<Arena, std::int64_t>, int> memory_;
  std::map<int, int> shown_;  // from a value to the latest view of it in its place
};

std::string TroubleOf(const LoweredModel& lowered, const ParameterLayout& layout, PlanKind kind) {
  return SymbolicRun(lowered, PlaceValues(lowered, layout, kind), kind).Run();
}

void ExpectEveryReadFindsItsValue(const Graph& model, const std::string& name) {
  const ParameterLayout layout = MakeParameterLayout(model);
  for (const PlanKind kind : kEveryKind) {
    const LoweredModel lowered = Lower(model, layout, kind).value();
    ASSERT_EQ(TroubleOf(lowered, layout, kind), "") << name << "\n" << lowered.graph.ToString();
    if (!IsTraining(kind)) continue;
    const LoweredModel checkpointed =
        CheckpointActivations(lowered, model.value_count(), layout, kind);
    ASSERT_EQ(TroubleOf(checkpointed, layout, kind), "") << name << "\n"
                                                         << checkpointed.graph.ToString();
  }
}

TEST(PlanPropertyTest, NoStepOfARandomModelFindsItsOperandOverwritten) {
  for (std::uint64_t seed = 0; seed < kRandomModels; ++seed) {
    ExpectEveryReadFindsItsValue(MakeRandomModel(seed), "seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
  }
}

TEST(PlanPropertyTest, NoStepOfAModelFindsItsOperandOverwritten) {
  ExpectEveryReadFindsItsValue(SmallMlp(Activation::kGelu, 0.1).BuildGraph(3), "mlp");
  ExpectEveryReadFindsItsValue(SmallGpt(0.1).BuildGraph(2), "gpt");
  ExpectEveryReadFindsItsValue(SmallLlama(0.1).BuildGraph(2), "llama");
  ExpectEveryReadFindsItsValue(SmallConvnet(0.1).BuildGraph(2), "convnet");
}

TEST(PlanPropertyTest, AnOperandThatIsOverwrittenIsSeen) {
  const Graph model = SmallMlp(Activation::kGelu, 0).BuildGraph(3);
  const ParameterLayout layout = MakeParameterLayout(model);
  const LoweredModel lowered = Lower(model, layout, PlanKind::kTrainWrite).value();
  PlacedValues placed = PlaceValues(lowered, layout, PlanKind::kTrainWrite);
  for (Place& place : placed.places) {
    if (place.arena == Arena::kActivations) place.offset = 0;
  }

  EXPECT_NE(SymbolicRun(lowered, placed, PlanKind::kTrainWrite).Run(), "");
}

TEST(PlanPropertyTest, AViewLiesInTheMemoryOfWhatItShows) {
  Graph graph;
  ModelPorts ports;
  ports.input = graph.AddInput("features", {DataType::kFloat32, {2, 6}});
  const ValueId view = Reshape(graph, ports.input, {3, 4}).value();
  const ValueId computed = Relu(graph, view).value();
  const ValueId second_view = Reshape(graph, computed, {12}).value();
  ports.logits = Add(graph, second_view, Reshape(graph, computed, {12}).value()).value();
  graph.set_ports(ports);
  const ParameterLayout layout = MakeParameterLayout(graph);

  const PlacedValues placed = PlaceValues({graph, {}}, layout, PlanKind::kPredict);

  const auto place = [&](ValueId id) { return placed.places[static_cast<std::size_t>(id.index)]; };
  EXPECT_EQ(place(view).arena, Arena::kFeatures);
  EXPECT_EQ(place(second_view).arena, Arena::kActivations);
  EXPECT_EQ(place(second_view).offset, place(computed).offset);
  EXPECT_EQ(placed.activation_elements, 16);  // one buffer of 12, in whole cache lines
}

// The gradients and losses of one step.
std::vector<float> StepOf(const Graph& model, ActivationCheckpointing checkpointing) {
  const ParameterLayout layout = MakeParameterLayout(model);
  ThreadPool pool(1);
  const auto plan =
      Plan::Compile(model, layout, PlanKind::kTrainWrite, pool, {checkpointing}).value();
  const Shape shape = {kRandomModelRows, kRandomModelColumns};
  const std::vector<double> features = SampleSource(1).Reals(shape).values;
  const std::vector<float> operands(features.begin(), features.end());
  std::vector<float> parameters(static_cast<std::size_t>(layout.element_count));
  InitializeParameters(model, layout, /*seed=*/3, parameters);
  std::vector<float> results(parameters.size() + kRandomModelRows);
  plan->Run({.features = operands,
             .targets = operands,
             .parameters = parameters,
             .gradients = std::span(results).first(parameters.size()),
             .losses = std::span(results).last(kRandomModelRows),
             .on_bucket_ready = {}});
  return results;
}

TEST(ActivationCheckpointingTest, ARandomModelHasTheSameBits) {
  for (std::uint64_t seed = 0; seed < kRandomModels; ++seed) {
    const Graph model = MakeRandomModel(seed);

    ASSERT_EQ(StepOf(model, ActivationCheckpointing::kFull),
              StepOf(model, ActivationCheckpointing::kNone))
        << "seed " << seed;
  }
}

Problem DeepGpt(ActivationCheckpointing checkpointing) {
  Problem problem = SmallGpt(/*dropout=*/0.1);
  std::get<GptSpec>(problem.model.architecture).layers = 12;
  problem.model.activation_checkpointing = checkpointing;
  return problem;
}

TEST(ActivationCheckpointingTest, ADeepGptHasTheSameBits) {
  for (const PlanKind kind : {PlanKind::kTrainWrite, PlanKind::kTrainAccumulate}) {
    CompiledProblem kept(DeepGpt(ActivationCheckpointing::kNone), kind);
    CompiledProblem checkpointed(DeepGpt(ActivationCheckpointing::kFull), kind);

    EXPECT_EQ(checkpointed.Run(), kept.Run());
  }
}

TEST(ActivationCheckpointingTest, ADeepGptNeedsAQuarterOfTheMemory) {
  CompiledProblem kept(DeepGpt(ActivationCheckpointing::kNone), PlanKind::kTrainWrite);
  CompiledProblem checkpointed(DeepGpt(ActivationCheckpointing::kFull), PlanKind::kTrainWrite);

  EXPECT_LE(4 * checkpointed.plan().cost().activation_bytes, kept.plan().cost().activation_bytes);
  EXPECT_LE(checkpointed.plan().cost().flops, 1.4 * kept.plan().cost().flops);
}

TEST(ActivationCheckpointingTest, AnEvaluationIsThePlanThatItWas) {
  CompiledProblem kept(DeepGpt(ActivationCheckpointing::kNone), PlanKind::kEvaluate);
  CompiledProblem checkpointed(DeepGpt(ActivationCheckpointing::kFull), PlanKind::kEvaluate);

  EXPECT_EQ(checkpointed.plan().Describe(), kept.plan().Describe());
}

}  // namespace
}  // namespace descent
