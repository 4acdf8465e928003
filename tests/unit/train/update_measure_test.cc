#include "worker/train/update_measure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"

namespace descent {
namespace {

ParameterLayout MeasuredBuckets() {
  ParameterLayout layout;
  layout.element_count = 50000;
  layout.buckets = {{0, 9008}, {9008, 50000}};
  return layout;
}

// The ratio that rank 0 of `world_size` ranks finds, if weights of i % 7 move by a thousandth.
double RatioOf(int world_size) {
  const SliceMap slices(MeasuredBuckets(), world_size);
  std::vector<float> before(50000);
  std::vector<float> after(50000);
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i] = static_cast<float>(i % 7);
    after[i] = before[i] * 1.001f;
  }
  InProcessGroup group(world_size);
  std::vector<double> ratios(static_cast<std::size_t>(world_size));
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < world_size; ++rank)
    ranks.emplace_back([&, rank] {
      UpdateMeasure measure(slices, rank);
      for (const UpdateChunk& chunk : ChunksOf(slices, rank, 8192)) {
        const auto first = static_cast<std::size_t>(chunk.elements.first);
        const auto size = static_cast<std::size_t>(chunk.elements.size());
        measure.Add(chunk.first_block, std::span<const float>(before).subspan(first, size),
                    std::span<const float>(after).subspan(first, size));
      }
      ratios[static_cast<std::size_t>(rank)] =
          measure.Ratio(*MakeInProcessCollective(group, rank)).value();
    });
  for (std::thread& rank : ranks) rank.join();
  return ratios[0];
}

TEST(UpdateMeasureTest, IsTheNormOfTheChangeOverThatOfTheWeights) {
  EXPECT_NEAR(RatioOf(1), 0.001 / 1.001, 1e-6);
}

TEST(UpdateMeasureTest, HasTheSameBitsHoweverTheUpdateIsSharedOut) {
  for (int world_size = 2; world_size <= 8; ++world_size)
    EXPECT_EQ(RatioOf(world_size), RatioOf(1)) << world_size;
}

TEST(UpdateMeasureTest, WeightsThatAreAllZeroHaveNoRatio) {
  const SliceMap slices(MeasuredBuckets(), 1);
  InProcessGroup group(1);
  UpdateMeasure measure(slices, 0);

  EXPECT_EQ(measure.Ratio(*MakeInProcessCollective(group, 0)).value(), 0);
}

TEST(UpdateMeasureTest, ALostPeerIsToldAsAborted) {
  const SliceMap slices(MeasuredBuckets(), 2);
  InProcessGroup group(2);
  UpdateMeasure measure(slices, 0);
  const auto collective = MakeInProcessCollective(group, 0);
  collective->Abort();

  EXPECT_EQ(measure.Ratio(*collective).status().code(), Code::kAborted);
}

}  // namespace
}  // namespace descent
