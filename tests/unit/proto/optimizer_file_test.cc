#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/job_file.h"
#include "proto/optimizer_wire.h"
#include "proto/wire.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kJob[] = R"(name: job
model: {mlp: {hidden_sizes: [8]}}
data: {train: {path: /data/train}}
steps: 10
batch: {global: 8}
)";

std::vector<FieldProblem> OptimizerProblemsOf(const std::string& rest) {
  return ReadJobFile(kJob + rest, {}).problems;
}

// Every field differs from its default, so that a forgotten one is seen.
OptimizerSpec FullOptimizer() {
  return {.algorithm = SgdSpec{.lr = 0.5,
                               .momentum = 0.9,
                               .dampening = 0.25,
                               .weight_decay = 0.1,
                               .no_decay = {"*.bias"}},
          .clip_value = 0.75,
          .groups = {{.match = {"a", "b"}, .lr_multiplier = 0.5, .weight_decay = 0.0},
                     {.match = {"c"}, .is_frozen = true}}};
}

JobSpec AfterTheWire(const OptimizerSpec& optimizer) {
  JobSpec sent;
  sent.optimizer = optimizer;
  sent.ema = EmaSpec{.decay = 0.5};
  const Result<JobSpec> received = FromProto(ToProto(sent));
  EXPECT_TRUE(received.ok()) << received.status();
  return received.value();
}

TEST(OptimizerWireTest, GroupsAndTheAverageComeBackAsTheyWent) {
  const JobSpec received = AfterTheWire(FullOptimizer());

  EXPECT_EQ(received.ema->decay, 0.5);
  EXPECT_EQ(received.optimizer.clip_value, 0.75);
  ASSERT_EQ(received.optimizer.groups.size(), 2u);
  EXPECT_THAT(received.optimizer.groups[0].match, ElementsAre("a", "b"));
  EXPECT_EQ(received.optimizer.groups[0].lr_multiplier, 0.5);
  EXPECT_EQ(received.optimizer.groups[0].weight_decay, 0.0);
  EXPECT_FALSE(received.optimizer.groups[0].is_frozen);
  EXPECT_EQ(received.optimizer.groups[1].weight_decay, std::nullopt);
  EXPECT_TRUE(received.optimizer.groups[1].is_frozen);
}

TEST(OptimizerWireTest, SgdComesBackAsItWent) {
  const auto sgd = std::get<SgdSpec>(AfterTheWire(FullOptimizer()).optimizer.algorithm);
  EXPECT_EQ(sgd.lr, 0.5);
  EXPECT_EQ(sgd.momentum, 0.9);
  EXPECT_EQ(sgd.dampening, 0.25);
  EXPECT_EQ(sgd.weight_decay, 0.1);
  EXPECT_THAT(sgd.no_decay, ElementsAre("*.bias"));

  const SgdSpec nesterov{.momentum = 0.9, .nesterov = true};
  EXPECT_TRUE(
      std::get<SgdSpec>(AfterTheWire({.algorithm = nesterov}).optimizer.algorithm).nesterov);
}

TEST(OptimizerWireTest, AdamComesBackAsItWent) {
  const AdamSpec sent{.lr = 0.5, .betas = {0.8, 0.7}, .eps = 1e-5, .weight_decay = 0.1};

  const auto adam = std::get<AdamSpec>(AfterTheWire({.algorithm = sent}).optimizer.algorithm);

  EXPECT_EQ(adam.lr, 0.5);
  EXPECT_THAT(adam.betas, ElementsAre(0.8, 0.7));
  EXPECT_EQ(adam.eps, 1e-5);
  EXPECT_EQ(adam.weight_decay, 0.1);
}

TEST(OptimizerWireTest, LionComesBackAsItWent) {
  const LionSpec sent{.lr = 0.5, .betas = {0.8, 0.7}, .weight_decay = 0.1};

  const auto lion = std::get<LionSpec>(AfterTheWire({.algorithm = sent}).optimizer.algorithm);

  EXPECT_EQ(lion.lr, 0.5);
  EXPECT_THAT(lion.betas, ElementsAre(0.8, 0.7));
  EXPECT_EQ(lion.weight_decay, 0.1);
}

TEST(OptimizerFileTest, AnOptimizerThatSaysNothingHasTheDefaultsOfPyTorch) {
  const JobFile file = ReadJobFile(std::string(kJob) + "optimizer: {adam: {}}\n", {});

  ASSERT_THAT(file.problems, IsEmpty());
  const auto adam = std::get<AdamSpec>(file.spec.optimizer.algorithm);
  EXPECT_EQ(adam.lr, 1e-3);
  EXPECT_EQ(adam.weight_decay, 0);
}

TEST(OptimizerFileTest, GroupsAreAListInTheFile) {
  const JobFile file = ReadJobFile(std::string(kJob) +
                                       "optimizer:\n"
                                       "  sgd: {momentum: 0.9, nesterov: true}\n"
                                       "  groups:\n"
                                       "  - {match: [\"layers.0.*\"], freeze: true}\n"
                                       "  - match: [\"*.bias\"]\n"
                                       "    weight_decay: 0\n"
                                       "ema: {}\n",
                                   {});

  ASSERT_THAT(file.problems, IsEmpty());
  ASSERT_EQ(file.spec.optimizer.groups.size(), 2u);
  EXPECT_TRUE(file.spec.optimizer.groups[0].is_frozen);
  EXPECT_THAT(file.spec.optimizer.groups[1].match, ElementsAre("*.bias"));
  EXPECT_EQ(file.spec.optimizer.groups[1].weight_decay, 0);
  EXPECT_EQ(file.spec.ema->decay, 0.999);
}

TEST(OptimizerFileTest, AProblemInAGroupHasItsLine) {
  EXPECT_THAT(
      OptimizerProblemsOf("optimizer:\n"
                          "  sgd: {nesterov: yes}\n"
                          "  groups:\n"
                          "  - {match: [\"*\"], freeze: true}\n"
                          "  - {match: [\"*\"], lr_multiplier: 0}\n"
                          "  - {matches: [\"*\"], freeze: true}\n"),
      ElementsAre(FieldProblem{7, "optimizer.sgd.nesterov", "yes, must be true or false"},
                  FieldProblem{10, "optimizer.groups[1].lr_multiplier",
                               "0, must be above 0 and finite; freeze: true leaves parameters as "
                               "they are"},
                  FieldProblem{11, "optimizer.groups[2].matches",
                               "unknown field; did you mean \"match\"?"}));
}

TEST(FullBatchFileTest, TheBatchMayBeAll) {
  const JobFile file = ReadJobFile(kJob, {"batch.global=all"});

  ASSERT_THAT(file.problems, IsEmpty());
  EXPECT_EQ(file.spec.batch.global, kAllSamples);
}

// The number that stands for all is not a size.
TEST(FullBatchFileTest, AnythingElseIsANumber) {
  for (const std::string found : {"everything", "-1", "1.5"}) {
    const std::string argument = "batch.global=" + found;
    EXPECT_THAT(
        ReadJobFile(kJob, {argument}).problems,
        ElementsAre(FieldProblem{0, "--set " + argument, found + ", must be an integer, or all"}));
  }
}

}  // namespace
}  // namespace descent
