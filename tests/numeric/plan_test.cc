#include "worker/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xmmintrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>

#include "tests/numeric/plan_fixture.h"
#include "tests/numeric/reference_interpreter.h"
#include "worker/ops/differentiate.h"
#include "worker/ops/ops.h"

namespace descent {
namespace {

// Three layers of f32 sums of up to 33 terms of order one, relative to the largest of a tensor.
constexpr double kTolerance = 1e-5;

template <typename T>
std::vector<double> InDouble(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

// The same training step by the interpreter, in f64.
struct ReferenceStep {
  explicit ReferenceStep(const Problem& problem) : layout(problem.Layout()) {
    const Graph graph = problem.BuildGraph(problem.rows);
    const std::vector<float> arena = problem.Parameters();
    values.resize(static_cast<std::size_t>(graph.value_count()));
    Of(graph.ports().input) =
        problem.format.token_count > 0 ? InDouble(problem.Tokens()) : InDouble(problem.Features());
    Of(graph.ports().labels) = InDouble(problem.Labels());
    std::vector<ValueId> parameters;
    for (const ParameterSlot& slot : layout.slots) {
      const ValueId id = Find(graph, slot);
      if (!slot.momentum) parameters.push_back(id);
      Of(id).assign(arena.begin() + slot.offset, arena.begin() + slot.offset + slot.size);
    }
    const auto differentiated = Differentiate(graph, graph.ports().losses, parameters).value();
    Interpret(differentiated.graph, {.seed = 11, .step = 3, .first_position = 0}, values);
    gradients = differentiated.gradients;
    for (const ParameterSlot& slot : std::span(layout.slots).subspan(gradients.size())) {
      const auto statistic =
          std::ranges::find(graph.statistics(), Find(graph, slot), &RunningStatistic::value);
      gradients.push_back(statistic->sum);
    }
    losses = graph.ports().losses;
  }

  static ValueId Find(const Graph& graph, const ParameterSlot& slot) {
    ValueId id{0};
    while (graph.value(id).name != slot.name) ++id.index;
    return id;
  }

  std::vector<double>& Of(ValueId id) { return values[static_cast<std::size_t>(id.index)]; }

  ParameterLayout layout;
  ReferenceValues values;
  std::vector<ValueId> gradients;  // by slot; of a statistic what it follows
  ValueId losses;
};

void ExpectNear(std::span<const float> found, const std::vector<double>& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  double largest = 0;
  for (const double value : wanted) largest = std::max(largest, std::abs(value));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    ASSERT_NEAR(found[i], wanted[i], kTolerance * largest) << i;
  }
}

struct NamedProblem {
  std::string name;
  Problem problem;
};

std::string NameOf(const testing::TestParamInfo<NamedProblem>& info) { return info.param.name; }

class PlanReferenceTest : public testing::TestWithParam<NamedProblem> {};

TEST_P(PlanReferenceTest, ATrainingStepAgreesWithTheReference) {
  const Problem& problem = GetParam().problem;
  CompiledProblem compiled(problem, PlanKind::kTrainWrite);
  ReferenceStep reference(problem);

  const Outcome outcome = compiled.Run();

  ExpectNear(outcome.losses, reference.Of(reference.losses));
  for (std::size_t i = 0; i < reference.gradients.size(); ++i) {
    const ParameterSlot& slot = reference.layout.slots[i];
    const auto gradient =
        std::span(outcome.gradients)
            .subspan(static_cast<std::size_t>(slot.offset), static_cast<std::size_t>(slot.size));
    ExpectNear(gradient, reference.Of(reference.gradients[i]));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, PlanReferenceTest,
    testing::Values(NamedProblem{"mlp_with_relu", SmallMlp(Activation::kRelu, /*dropout=*/0.25)},
                    NamedProblem{"mlp_with_gelu", SmallMlp(Activation::kGelu, /*dropout=*/0.25)},
                    NamedProblem{"gpt", SmallGpt(/*dropout=*/0.25)},
                    NamedProblem{"llama", SmallLlama(/*dropout=*/0.25)},
                    NamedProblem{"convnet", SmallConvnet(/*dropout=*/0.25)}),
    NameOf);

TEST(PlanTest, AccumulatingAddsToTheGradients) {
  const Problem problem = SmallMlp(Activation::kRelu, /*dropout=*/0);
  CompiledProblem writes(problem, PlanKind::kTrainWrite);
  CompiledProblem accumulates(problem, PlanKind::kTrainAccumulate);
  const Outcome once = writes.Run();
  Outcome twice = once;

  accumulates.plan().Run(accumulates.RunOn(0, twice));

  // Sums of 12 samples rounded in another order.
  for (std::size_t i = 0; i < once.gradients.size(); ++i) {
    ASSERT_NEAR(twice.gradients[i], 2 * once.gradients[i], 1e-5) << i;
  }
}

TEST(PlanTest, WritingIgnoresWhatWasThere) {
  const Problem problem = SmallMlp(Activation::kRelu, /*dropout=*/0);
  CompiledProblem compiled(problem, PlanKind::kTrainWrite);
  const Outcome first = compiled.Run();
  Outcome second = first;

  compiled.plan().Run(compiled.RunOn(0, second));

  EXPECT_EQ(second, first);
}

TEST(PlanTest, LeavesThePaddingAlone) {
  const Problem problem = SmallMlp(Activation::kRelu, /*dropout=*/0);
  CompiledProblem compiled(problem, PlanKind::kTrainWrite);
  Outcome outcome = compiled.EmptyOutcome();
  std::ranges::fill(outcome.gradients, -7.0f);

  compiled.plan().Run(compiled.RunOn(0, outcome));

  std::vector<float> padding = outcome.gradients;
  std::int64_t sizes = 0;
  for (const ParameterSlot& slot : compiled.layout().slots) {
    std::fill_n(padding.begin() + slot.offset, slot.size, 0.0f);
    sizes += slot.size;
  }
  EXPECT_EQ(std::ranges::count(padding, -7.0f), compiled.layout().element_count - sizes);
}

class LargePlanTest : public testing::TestWithParam<NamedProblem> {};

TEST_P(LargePlanTest, GivesEqualBitsForOneTwoAndThreeThreads) {
  const Problem& problem = GetParam().problem;
  CompiledProblem one(problem, PlanKind::kTrainWrite, /*threads=*/1);
  CompiledProblem two(problem, PlanKind::kTrainWrite, /*threads=*/2);
  CompiledProblem three(problem, PlanKind::kTrainWrite, /*threads=*/3);
  const Outcome alone = one.Run();

  EXPECT_EQ(two.Run(), alone);
  EXPECT_EQ(three.Run(), alone);
  EXPECT_EQ(two.Run(), alone);
}

TEST(PlanTest, GivesEqualBitsWhereverTheBatchLies) {
  CompiledProblem compiled(LargeMlp(), PlanKind::kTrainWrite);
  const Outcome aligned = compiled.Run();
  Outcome moved = compiled.EmptyOutcome();
  PlanRun run = compiled.RunOn(0, moved);
  std::vector<float> features(run.features.size() + 3);
  std::ranges::copy(run.features, features.begin() + 3);
  run.features = std::span(features).subspan(3);

  compiled.plan().Run(run);

  EXPECT_EQ(moved, aligned);
}

class SplitPlanTest : public testing::TestWithParam<NamedProblem> {};

TEST_P(SplitPlanTest, DropoutDoesNotDependOnHowABatchIsSplit) {
  const Problem& problem = GetParam().problem;
  const std::int64_t part_rows = problem.rows / 3;
  CompiledProblem whole(problem, PlanKind::kTrainWrite);
  CompiledProblem third(problem, PlanKind::kTrainWrite, /*threads=*/1, part_rows);
  const Outcome together = whole.Run();
  std::vector<float> apart;
  for (const std::int64_t first_row : {std::int64_t{0}, part_rows, 2 * part_rows}) {
    Outcome part = third.EmptyOutcome();
    third.plan().Run(third.RunOn(first_row, part));
    apart.insert(apart.end(), part.losses.begin(), part.losses.end());
  }

  // Another mask would change a loss by tenths; matrix products of other heights round differently.
  ExpectNear(apart, InDouble(together.losses));
}

INSTANTIATE_TEST_SUITE_P(
    Models, SplitPlanTest,
    testing::Values(NamedProblem{"mlp", SmallMlp(Activation::kRelu, /*dropout=*/0.5)},
                    NamedProblem{"gpt", LargeGpt()}, NamedProblem{"llama", LargeLlama()}),
    NameOf);

TEST(PlanTest, APredictionDoesNotSeeLaterTokens) {
  const Problem problem = SmallGpt(/*dropout=*/0);
  CompiledProblem compiled(problem, PlanKind::kPredict);
  const Outcome before = compiled.Run();
  std::vector<std::int32_t> tokens = problem.Tokens();
  const auto classes = static_cast<std::size_t>(problem.format.class_count);
  constexpr std::size_t kChanged = 4;
  tokens[kChanged] = (tokens[kChanged] + 1) % static_cast<std::int32_t>(classes);
  Outcome after = compiled.EmptyOutcome();
  PlanRun run = compiled.RunOn(0, after);
  run.tokens = tokens;

  compiled.plan().Run(run);

  const auto change = std::ranges::mismatch(before.logits, after.logits).in1;
  EXPECT_EQ(static_cast<std::size_t>(change - before.logits.begin()) / classes, kChanged);
}

TEST(PlanTest, DropoutChangesFromStepToStep) {
  CompiledProblem compiled(SmallMlp(Activation::kRelu, /*dropout=*/0.5), PlanKind::kTrainWrite);
  const Outcome third_step = compiled.Run();
  Outcome fourth_step = compiled.EmptyOutcome();
  PlanRun run = compiled.RunOn(0, fourth_step);
  run.step = 4;

  compiled.plan().Run(run);

  EXPECT_NE(fourth_step.losses, third_step.losses);
}

TEST(PlanTest, EvaluationDropsNothing) {
  CompiledProblem with(SmallMlp(Activation::kRelu, /*dropout=*/0.5), PlanKind::kEvaluate);
  CompiledProblem without(SmallMlp(Activation::kRelu, /*dropout=*/0), PlanKind::kEvaluate);

  EXPECT_EQ(with.Run(), without.Run());
}

TEST(PlanTest, EvaluationSmoothsNoLabels) {
  Problem problem = SmallMlp(Activation::kRelu, /*dropout=*/0);
  const Outcome plain = CompiledProblem(problem, PlanKind::kEvaluate).Run();
  problem.model.label_smoothing = 0.25;

  EXPECT_EQ(CompiledProblem(problem, PlanKind::kEvaluate).Run().losses, plain.losses);
  EXPECT_NE(CompiledProblem(problem, PlanKind::kTrainWrite).Run().losses, plain.losses);
}

TEST(PlanTest, EvaluationAgreesWithTrainingWithoutDropout) {
  const Problem problem = SmallMlp(Activation::kGelu, /*dropout=*/0);
  CompiledProblem evaluates(problem, PlanKind::kEvaluate);
  CompiledProblem trains(problem, PlanKind::kTrainWrite);

  const Outcome evaluated = evaluates.Run();
  const Outcome trained = trains.Run();

  EXPECT_EQ(evaluated.losses, trained.losses);
  EXPECT_EQ(evaluated.correct, trained.correct);
}

TEST_P(LargePlanTest, BucketsBecomeReadyInAscendingOrder) {
  CompiledProblem compiled(GetParam().problem, PlanKind::kTrainWrite);
  Outcome outcome = compiled.EmptyOutcome();
  PlanRun run = compiled.RunOn(0, outcome);
  std::vector<int> ready;
  run.on_bucket_ready = [&](int bucket) { ready.push_back(bucket); };

  compiled.plan().Run(run);

  ASSERT_GT(compiled.layout().buckets.size(), 1u);
  std::vector<int> all(compiled.layout().buckets.size());
  std::iota(all.begin(), all.end(), 0);
  EXPECT_EQ(ready, all);
}

TEST_P(LargePlanTest, AReadyBucketHoldsItsFinalGradients) {
  CompiledProblem compiled(GetParam().problem, PlanKind::kTrainWrite);
  Outcome outcome = compiled.EmptyOutcome();
  PlanRun run = compiled.RunOn(0, outcome);
  std::vector<float> when_ready;
  run.on_bucket_ready = [&](int bucket) {
    const IndexRange range = compiled.layout().buckets[static_cast<std::size_t>(bucket)];
    when_ready.insert(when_ready.end(), outcome.gradients.begin() + range.first,
                      outcome.gradients.begin() + range.last);
  };

  compiled.plan().Run(run);

  EXPECT_EQ(when_ready, outcome.gradients);
}

INSTANTIATE_TEST_SUITE_P(Models, LargePlanTest,
                         testing::Values(NamedProblem{"mlp", LargeMlp()},
                                         NamedProblem{"gpt", LargeGpt()},
                                         NamedProblem{"llama", LargeLlama()},
                                         NamedProblem{"convnet", LargeConvnet()}),
                         NameOf);

TEST(PlanTest, LeavesTheRoundingAndDenormalModesAlone) {
  CompiledProblem compiled(LargeMlp(), PlanKind::kTrainWrite, /*threads=*/2);
  constexpr unsigned kExceptionFlags = 0x3f;
  const unsigned before = _mm_getcsr() & ~kExceptionFlags;

  compiled.Run();

  EXPECT_EQ(_mm_getcsr() & ~kExceptionFlags, before);
}

TEST(PlanTest, AGradientThatTwoParametersShareReachesBoth) {
  Graph graph;
  ModelPorts ports;
  ports.input = graph.AddInput("features", {DataType::kFloat32, {2, 3}});
  ports.labels = graph.AddInput("labels", {DataType::kInt32, {2}});
  const ValueId first = graph.AddParameter("first", {2, 3}, Initialization::Uniform(1));
  const ValueId second = graph.AddParameter("second", {2, 3}, Initialization::Uniform(1));
  const ValueId sum = Add(graph, Add(graph, ports.input, first).value(), second).value();
  ports.losses = SoftmaxCrossEntropy(graph, sum, ports.labels).value();
  ports.correct = TopOneCorrect(graph, sum, ports.labels).value();
  graph.set_ports(ports);
  const ParameterLayout layout = MakeParameterLayout(graph);
  ThreadPool pool(1);
  const auto plan = Plan::Compile(graph, layout, PlanKind::kTrainWrite, pool).value();
  const std::vector<float> features(6), parameters(32);
  const std::vector<std::int32_t> labels = {0, 2};
  std::vector<float> gradients(32), losses(2), correct(2);

  plan->Run({.features = features,
             .labels = labels,
             .parameters = parameters,
             .gradients = gradients,
             .losses = losses,
             .correct = correct,
             .on_bucket_ready = {}});

  EXPECT_NEAR(gradients[0], 1.0 / 3 - 1, 1e-6);
  EXPECT_TRUE(std::equal(gradients.begin(), gradients.begin() + 6, gradients.begin() + 16));
}

// An embedding's table that is the head's weight too.
TEST(PlanTest, TheGradientsOfATiedTableAreAddedWhereTheyLie) {
  Problem problem = LargeGpt();
  problem.rows = 5;  // 250 tokens, so that no activation has the shape of the table
  const std::string table = ToString(Shape{problem.format.class_count, 160});

  for (const PlanStep& step : CompiledProblem(problem, PlanKind::kTrainWrite).plan().steps())
    EXPECT_FALSE(step.op == "add" && step.text.find(table) != std::string::npos) << step.text;
}

TEST(PlanTest, AnOpWithoutAKernelIsRefusedByName) {
  static constexpr OpDef kConjure = {
      .name = "conjure",
      .infer = [](std::span<const TensorType> inputs, const Attributes&)
          -> Result<std::vector<TensorType>> { return std::vector{inputs[0]}; }};
  Graph graph = SmallMlp(Activation::kRelu, 0).BuildGraph(1);
  ModelPorts ports = graph.ports();
  ports.losses = graph.Apply(kConjure, {ports.losses}).value();
  graph.set_ports(ports);
  ThreadPool pool(1);

  const auto plan = Plan::Compile(graph, MakeParameterLayout(graph), PlanKind::kEvaluate, pool);

  EXPECT_EQ(plan.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(plan.status().message(), testing::HasSubstr("conjure"));
}

TEST(PlanTest, DescribesItsStepsAndBuckets) {
  CompiledProblem compiled(LargeMlp(), PlanKind::kTrainWrite);

  const std::string text = compiled.plan().Describe();

  EXPECT_THAT(text, testing::HasSubstr("matmul(features, layers.0.weight)"));
  EXPECT_THAT(text, testing::HasSubstr("bucket 1 is ready after step"));
}

TEST(PlanTest, CountsTheArithmeticOfItsMatrixProducts) {
  CompiledProblem compiled(SmallMlp(Activation::kRelu, 0), PlanKind::kEvaluate);

  const double products = 2.0 * 12 * (21 * 33 + 33 * 17 + 17 * 5);

  EXPECT_GE(compiled.plan().cost().flops, products);
  EXPECT_LE(compiled.plan().cost().flops, 1.1 * products);
}

}  // namespace
}  // namespace descent
