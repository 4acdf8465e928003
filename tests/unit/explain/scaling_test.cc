#include "worker/explain/scaling.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/blob_dataset.h"
#include "tests/support/temporary_directory.h"
#include "worker/data/load_datasets.h"
#include "worker/explain/explanation.h"

namespace descent {
namespace {

constexpr MachineRates kScaledRates = {.matrix_flops = 1e11,
                                       .element_flops = 1e9,
                                       .cache_bytes = 1e11,
                                       .memory_bytes = 1e10,
                                       .step_seconds = 1e-6};

constexpr double kRounding = 1e-12;  // of sums of a few times of milliseconds

// Pictures of 36 pixels and 4 classes; batches of 24 over 4 logical workers.
class ScalingTest : public ::testing::Test {
 protected:
  ScalingTest() {
    BlobDataset{.samples = 50}.Write(directory_.path() / "train");
    spec_.name = "scaled";
    spec_.model.architecture = MlpSpec{.hidden_sizes = {16, 16}};
    spec_.data.train.path = directory_.path() / "train";
    spec_.batch = {.global = 24, .logical_workers = 4};
    spec_.steps = 3;
    spec_.workers = {.min = 1, .max = 4};
    spec_ = WithDefaults(spec_);
    request_.network = {.bytes_per_second = 1e9, .message_seconds = 1e-5};
  }

  Scaling Predicted(std::vector<int> workers) {
    request_.workers = std::move(workers);
    return PredictScaling(spec_, LoadDatasets(spec_).value(), request_, kScaledRates).value();
  }

  TemporaryDirectory directory_;
  JobSpec spec_;
  ScalingRequest request_;
};

TEST_F(ScalingTest, OneWorkerAloneTakesWhatItsExplanationSays) {
  const Scaling scaling = Predicted({1});

  const Explanation explanation =
      Explain(spec_, LoadDatasets(spec_).value(), 1, kScaledRates).value();
  EXPECT_DOUBLE_EQ(scaling.alone.timeline.Total(), explanation.step.Total());
  EXPECT_EQ(scaling.steps[0].messages, 0);
  EXPECT_DOUBLE_EQ(scaling.steps[0].efficiency, 1);
}

TEST_F(ScalingTest, RanksOfOneHostTakeWhatTheirExplanationSays) {
  request_.network.ranks_per_host = 4;

  const ScaledStep step = Predicted({4}).steps[0];

  const Explanation explanation =
      Explain(spec_, LoadDatasets(spec_).value(), 4, kScaledRates).value();
  EXPECT_DOUBLE_EQ(step.timeline.Total(), explanation.step.Total());
}

// One bucket, which is ready when the computation is done: everything of it is exposed.
TEST_F(ScalingTest, TheOnlyBucketOfASmallModelIsReducedAfterTheComputation) {
  const ScaledStep step = Predicted({4}).steps[0];

  EXPECT_NEAR(step.timeline.exposed, step.timeline.reducing, kRounding);
  EXPECT_DOUBLE_EQ(step.timeline.Total(), step.timeline.computed + step.timeline.reducing +
                                              step.timeline.exchange + step.timeline.update);
}

TEST_F(ScalingTest, EfficiencyIsOfSamplesPerSecondAndWorker) {
  const Scaling scaling = Predicted({4});

  const ScaledStep& four = scaling.steps[0];
  EXPECT_DOUBLE_EQ(four.samples_per_second, 24 / four.timeline.Total());
  EXPECT_DOUBLE_EQ(four.efficiency, scaling.alone.timeline.Total() / (4 * four.timeline.Total()));
}

TEST_F(ScalingTest, ASlowerNetworkTakesLonger) {
  const double fast = Predicted({4}).steps[0].timeline.Total();

  request_.network.message_seconds = 1e-3;

  const ScaledStep slow = Predicted({4}).steps[0];
  EXPECT_NEAR(slow.timeline.Total() - fast, slow.messages * (1e-3 - 1e-5), kRounding);
}

TEST_F(ScalingTest, RanksOfOneHostSendNothing) {
  request_.network.ranks_per_host = 4;

  const ScaledStep step = Predicted({4}).steps[0];

  EXPECT_EQ(step.hosts, 1);
  EXPECT_EQ(step.messages, 0);
  EXPECT_EQ(step.link_bytes, 0);
}

TEST_F(ScalingTest, MoreWorkersThanLogicalWorkersGetAsManyAsTheyNeed) {
  const Scaling scaling = Predicted({3, 5, 16});

  EXPECT_EQ(scaling.steps[0].logical_workers, 4);
  EXPECT_EQ(scaling.steps[1].logical_workers, 8);
  EXPECT_EQ(scaling.steps[2].logical_workers, 16);
}

TEST_F(ScalingTest, MoreWorkersThanSamplesOfABatchAreLeftOutAndNamed) {
  const Scaling scaling = Predicted({4, 32});

  ASSERT_EQ(scaling.steps.size(), 1u);
  ASSERT_EQ(scaling.left_out.size(), 1u);
  EXPECT_EQ(scaling.left_out[0],
            "32 workers: a batch of 24 samples has none for some of their 32 logical workers");
}

TEST_F(ScalingTest, AWeaklyScaledBatchGrowsWithTheWorkers) {
  request_.kind = ScalingKind::kWeak;

  const Scaling scaling = Predicted({4, 8, 16});

  EXPECT_EQ(scaling.alone.global_batch, 6);
  EXPECT_EQ(scaling.steps[0].global_batch, 24);
  EXPECT_EQ(scaling.steps[1].global_batch, 48);
  EXPECT_EQ(scaling.left_out[0],
            "16 workers: a batch of 96 samples is more than the training set of 50");
}

TEST_F(ScalingTest, TheBestBucketsAreNoWorseThanThoseOfTheProgram) {
  const ScaledStep step = Predicted({4}).steps[0];

  EXPECT_LE(step.best_seconds, step.timeline.Total());
  EXPECT_GT(step.best_bucket_bytes, 0);
}

// Of layers of 256 KiB, four of which the program joins: one each is there to be sent the earlier.
TEST_F(ScalingTest, BucketsGrowWithWhatAMessageTakes) {
  spec_.model.architecture = MlpSpec{.hidden_sizes = {256, 256, 256, 256, 256, 256}};
  request_.network.message_seconds = 0;
  const ScaledStep without = Predicted({4}).steps[0];

  request_.network.message_seconds = 1e-2;
  const ScaledStep with = Predicted({4}).steps[0];

  EXPECT_LT(without.best_bucket_bytes, with.best_bucket_bytes);
  EXPECT_LT(without.best_seconds, without.timeline.Total());
  EXPECT_LE(with.best_seconds, with.timeline.Total());
}

TEST_F(ScalingTest, TheSameRatesGiveTheSameAnswer) {
  const Scaling first = Predicted({2, 3, 4, 8});

  EXPECT_EQ(ToJson(first, request_), ToJson(Predicted({2, 3, 4, 8}), request_));
}

TEST_F(ScalingTest, AShardedUpdateSendsGradientsOnceAndParametersOnce) {
  spec_.model.architecture = MlpSpec{.hidden_sizes = {256, 256}};
  const ScaledStep replicated = Predicted({4}).steps[0];

  spec_.update = UpdateKind::kSharded;

  const ScaledStep sharded = Predicted({4}).steps[0];
  EXPECT_LT(sharded.timeline.reducing, replicated.timeline.reducing);
  EXPECT_GT(sharded.timeline.exchange, replicated.timeline.exchange);
  EXPECT_DOUBLE_EQ(sharded.timeline.update * 4, replicated.timeline.update);
}

TEST_F(ScalingTest, TheJsonHasWhatTheStructHas) {
  const Scaling scaling = Predicted({2, 4});

  const nlohmann::json json = nlohmann::json::parse(ToJson(scaling, request_));

  EXPECT_EQ(json.at("scaling"), "strong");
  EXPECT_EQ(json.at("network").at("message_seconds"), 1e-5);
  EXPECT_EQ(json.at("rates").at("memory_bytes"), kScaledRates.memory_bytes);
  EXPECT_EQ(json.at("steps").size(), 2u);
  EXPECT_EQ(json.at("steps").at(1).at("workers"), 4);
  EXPECT_EQ(json.at("steps").at(1).at("messages"), scaling.steps[1].messages);
}

}  // namespace
}  // namespace descent
