#include "worker/train/step_exchange.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"
#include "worker/optim/clip.h"

namespace descent {
namespace {

constexpr std::int64_t kLogicalWorkers = 8;

ParameterLayout TwoBuckets() {
  ParameterLayout layout;
  layout.element_count = 50000;
  layout.buckets = {{0, 9008}, {9008, 50000}};
  return layout;
}

std::vector<float> Gradient() {
  std::vector<float> gradient(50000);
  for (std::size_t i = 0; i < gradient.size(); ++i)
    gradient[i] = 1.0f / static_cast<float>(i % 977 + 1);
  return gradient;
}

// What rank 0 of `world_size` ranks finds after they have exchanged a gradient's squares and
// losses.
StepExchange RunExchange(const SliceMap& slices, const std::vector<StepRequests>& requests = {}) {
  const int world_size = slices.world_size();
  InProcessGroup group(world_size);
  std::vector<StepExchange> exchanges;
  for (int rank = 0; rank < world_size; ++rank)
    exchanges.emplace_back(kLogicalWorkers, slices, rank);
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank)
    ranks.emplace_back([&, rank] {
      StepExchange& exchange = exchanges[static_cast<std::size_t>(rank)];
      exchange.BeginStep(requests.empty() ? StepRequests()
                                          : requests[static_cast<std::size_t>(rank)]);
      const IndexRange leaves = LogicalWorkersOf(kLogicalWorkers, world_size, rank);
      for (std::int64_t leaf = leaves.first; leaf < leaves.last; ++leaf) {
        exchange.SetLoss(leaf, 0.1 * static_cast<double>(leaf), 10 + leaf);
        exchange.SetGradientSquares(leaf, 0.3 * static_cast<double>(leaf));
      }
      const std::vector<float> gradient = Gradient();
      for (int bucket = 0; bucket < slices.bucket_count(); ++bucket) {
        const IndexRange slice = slices.SliceOf(bucket, rank);
        const IndexRange blocks = slices.BlocksOf(bucket, rank);
        SumSquaresOfBlocks(std::span(gradient).subspan(static_cast<std::size_t>(slice.first),
                                                       static_cast<std::size_t>(slice.size())),
                           exchange.square_sums().subspan(static_cast<std::size_t>(blocks.first),
                                                          static_cast<std::size_t>(blocks.size())));
      }
      EXPECT_TRUE(exchange.Exchange(*MakeInProcessCollective(group, rank)).ok());
    });
  for (std::thread& rank : ranks) rank.join();
  return exchanges[0];
}

TEST(StepExchangeTest, LossAndNormHaveTheSameBitsForAnyNumberOfRanks) {
  const SliceMap one(TwoBuckets(), 1);
  const StepExchange alone = RunExchange(one);

  for (int world_size = 2; world_size <= 8; ++world_size) {
    const SliceMap slices(TwoBuckets(), world_size);
    const StepExchange shared = RunExchange(slices);
    EXPECT_EQ(shared.loss_sum(), alone.loss_sum());
    EXPECT_EQ(shared.gradient_norm(), alone.gradient_norm());
  }
}

TEST(StepExchangeTest, TheNormIsThatOfTheWholeGradient) {
  double sum = 0;
  for (const float value : Gradient()) sum += double{value} * value;
  const SliceMap slices(TwoBuckets(), 3);

  EXPECT_NEAR(RunExchange(slices).gradient_norm(), std::sqrt(sum), 1e-12 * std::sqrt(sum));
}

TEST(StepExchangeTest, EveryRankKnowsTheSquaresOfEveryLogicalWorker) {
  for (int world_size = 1; world_size <= 8; ++world_size) {
    const SliceMap slices(TwoBuckets(), world_size);
    const StepExchange exchange = RunExchange(slices);
    for (std::int64_t leaf = 0; leaf < kLogicalWorkers; ++leaf)
      EXPECT_EQ(exchange.gradient_squares_of(leaf), 0.3 * static_cast<double>(leaf));
  }
}

TEST(StepExchangeTest, EveryRankKnowsHowManyAnswersCountForEveryLogicalWorker) {
  for (int world_size = 1; world_size <= 8; ++world_size) {
    const SliceMap slices(TwoBuckets(), world_size);
    const StepExchange exchange = RunExchange(slices);
    for (std::int64_t leaf = 0; leaf < kLogicalWorkers; ++leaf)
      EXPECT_EQ(exchange.counted_answers_of(leaf), 10 + leaf);
    EXPECT_EQ(exchange.counted_answers(), 108);
  }
}

TEST(StepExchangeTest, AStopAtAnyRankIsHeardByAll) {
  const SliceMap slices(TwoBuckets(), 3);

  EXPECT_FALSE(RunExchange(slices).requests().stop);
  EXPECT_TRUE(RunExchange(slices, {{}, {}, {.stop = true}}).requests().stop);
}

TEST(StepExchangeTest, ThatAStopIsFinalIsHeardByAll) {
  const SliceMap slices(TwoBuckets(), 3);

  const StepRequests graceful = RunExchange(slices, {{}, {.stop = true}, {}}).requests();
  const StepRequests final_stop =
      RunExchange(slices, {{}, {.stop = true}, {.stop = true, .evaluate_test = true}}).requests();

  EXPECT_FALSE(graceful.evaluate_test);
  EXPECT_TRUE(final_stop.stop);
  EXPECT_TRUE(final_stop.evaluate_test);
}

TEST(StepExchangeTest, TheNewestRequestToSaveAtAnyRankIsHeardByAll) {
  const SliceMap slices(TwoBuckets(), 3);

  EXPECT_EQ(RunExchange(slices).requests().checkpoint, 0);
  EXPECT_EQ(RunExchange(slices, {{.checkpoint = 1}, {.checkpoint = 2}, {}}).requests().checkpoint,
            2);
}

}  // namespace
}  // namespace descent
