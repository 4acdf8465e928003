#include "worker/explain/explanation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/blob_dataset.h"
#include "tests/support/temporary_directory.h"
#include "worker/data/load_datasets.h"

namespace descent {
namespace {

constexpr MachineRates kRates = {.matrix_flops = 1e11,
                                 .element_flops = 1e9,
                                 .cache_bytes = 1e11,
                                 .memory_bytes = 1e10,
                                 .step_seconds = 1e-6};

// Pictures of 36 pixels and 4 classes; batches of 24 over 4 logical workers.
class ExplanationTest : public ::testing::Test {
 protected:
  ExplanationTest() {
    BlobDataset{.samples = 50}.Write(directory_.path() / "train");
    spec_.name = "explained";
    spec_.model.architecture = MlpSpec{.hidden_sizes = {16, 16, 16}};
    spec_.data.train.path = directory_.path() / "train";
    spec_.batch = {.global = 24, .logical_workers = 4};
    spec_.steps = 3;
    spec_ = WithDefaults(spec_);
  }

  Explanation Explained(int workers) {
    return Explain(spec_, LoadDatasets(spec_).value(), workers, kRates).value();
  }

  TemporaryDirectory directory_;
  JobSpec spec_;
};

TEST_F(ExplanationTest, ParametersOfOneShapeThatNumbersTellApartAreAGroup) {
  const Explanation explanation = Explained(1);

  // By layer: weight and bias; the two between the first and the last are alike, and so are the
  // biases of the first three.
  std::vector<std::string> names;
  for (const TensorGroup& group : explanation.groups) names.push_back(group.name);
  EXPECT_EQ(names, (std::vector<std::string>{"layers.0.weight", "layers.*.bias", "layers.*.weight",
                                             "layers.3.weight", "layers.3.bias"}));
  EXPECT_EQ(explanation.groups[1].tensors, 3);
  EXPECT_EQ(explanation.groups[2].elements, 2 * 16 * 16);
}

TEST_F(ExplanationTest, GroupsAddUpToTheParameters) {
  const Explanation explanation = Explained(1);

  std::int64_t elements = 0;
  for (const TensorGroup& group : explanation.groups) elements += group.elements;
  EXPECT_EQ(elements, 36 * 16 + 2 * 16 * 16 + 16 * 4 + 3 * 16 + 4);
  EXPECT_EQ(explanation.parameter_count, elements);
}

TEST_F(ExplanationTest, OneWorkerAddsUpItsLogicalWorkersInAFewBuffers) {
  const Explanation alone = Explained(1);
  const Explanation four = Explained(4);

  EXPECT_EQ(alone.memory.gradient_buffers, 3);  // log2(4) + 1
  EXPECT_EQ(four.memory.gradient_buffers, 1);
  EXPECT_EQ(alone.memory.gradients, 3 * four.memory.gradients);
}

TEST_F(ExplanationTest, AQuarterOfTheWorkIsPredictedForEachOfFourWorkers) {
  const Explanation alone = Explained(1);
  const Explanation four = Explained(4);

  EXPECT_DOUBLE_EQ(alone.step.plans, 4 * alone.plans[0].seconds);
  EXPECT_DOUBLE_EQ(four.step.plans, four.plans[0].seconds);
}

TEST_F(ExplanationTest, OnlySeveralWorkersExchangeGradients) {
  const double gradient_bytes = static_cast<double>(Explained(4).memory.gradients);

  EXPECT_EQ(Explained(1).exchanged_bytes, 0);
  EXPECT_DOUBLE_EQ(Explained(4).exchanged_bytes, 2 * gradient_bytes * 3 / 4);
}

// Of three workers on four logical ones, one has two partial sums.
TEST_F(ExplanationTest, AWorkerAddsUpItsOwnGradientsBeforeMpiAdds) {
  const double arena_bytes = static_cast<double>(Explained(4).memory.gradients);
  // Of eight logical workers a rank of three has three, whose sum is no sum of the tree.
  spec_.batch = {.global = 24, .micro = 3, .logical_workers = 8};
  const double reproducible = Explained(3).exchanged_bytes;

  spec_.reduction = ReductionKind::kFastest;

  EXPECT_DOUBLE_EQ(Explained(3).exchanged_bytes, 2 * arena_bytes * 2 / 3);
  EXPECT_GT(reproducible, Explained(3).exchanged_bytes);
}

TEST_F(ExplanationTest, SmallerMicroBatchesAccumulateByAPlanMore) {
  const Explanation whole = Explained(1);

  spec_.batch.micro = 2;

  const Explanation cut = Explained(1);
  EXPECT_EQ(cut.plans[0].samples, 2);
  EXPECT_EQ(cut.memory.training_activations, 2 * cut.plans[0].cost.activation_bytes);
  EXPECT_EQ(whole.memory.training_activations, whole.plans[0].cost.activation_bytes);
}

TEST_F(ExplanationTest, AShardedUpdateHasTwoSetsOfState) {
  const Explanation replicated = Explained(2);

  spec_.update = UpdateKind::kSharded;

  EXPECT_EQ(Explained(2).memory.parameters, 2 * replicated.memory.parameters);
  EXPECT_EQ(Explained(1).memory.parameters, replicated.memory.parameters);
}

TEST_F(ExplanationTest, StepsAddUpToTheirPlan) {
  for (const PlanExplanation& plan : Explained(1).plans) {
    double flops = 0;
    for (const StepExplanation& step : plan.steps) flops += step.flops;
    EXPECT_DOUBLE_EQ(flops, plan.cost.flops) << plan.name;
  }
}

TEST_F(ExplanationTest, TheJsonHasWhatTheStructHas) {
  const Explanation explanation = Explained(2);

  const nlohmann::json json = nlohmann::json::parse(ToJson(explanation));

  EXPECT_EQ(json.at("workers"), 2);
  EXPECT_EQ(json.at("train_samples"), 50);
  EXPECT_EQ(json.at("memory").at("total"), explanation.memory.Total());
  EXPECT_EQ(json.at("plans").at(0).at("steps").size(), explanation.plans[0].steps.size());
  EXPECT_EQ(json.at("plans").at(0).at("steps").at(0).at("op"), "matmul");
  EXPECT_EQ(json.at("buckets").size(), explanation.buckets.size());
}

}  // namespace
}  // namespace descent
