#include "worker/plan/parameter_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "common/limits.h"
#include "worker/models/model.h"

namespace descent {
namespace {

using testing::ElementsAre;

Graph BuildMlp(std::vector<std::int64_t> hidden_sizes, std::int64_t features,
               std::int64_t batch_rows = 1) {
  ModelSpec model;
  std::get<MlpSpec>(model.architecture).hidden_sizes = std::move(hidden_sizes);
  return BuildModel(model, {.feature_count = features, .class_count = 10}, batch_rows).value();
}

std::vector<float> Initialize(const Graph& model, std::uint64_t seed) {
  const ParameterLayout layout = MakeParameterLayout(model);
  std::vector<float> arena(static_cast<std::size_t>(layout.element_count), 99.0f);
  InitializeParameters(model, layout, seed, arena);
  return arena;
}

std::vector<float> Tensor(const Graph& model, const std::string& name, std::uint64_t seed) {
  const ParameterLayout layout = MakeParameterLayout(model);
  const ParameterSlot* slot = FindSlot(layout, name);
  const std::vector<float> arena = Initialize(model, seed);
  return {arena.begin() + slot->offset, arena.begin() + slot->offset + slot->size};
}

TEST(ParameterLayoutTest, FollowsTheReverseOfTheForwardPass) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({5}, 3));

  std::vector<std::string> names;
  for (const ParameterSlot& slot : layout.slots) names.push_back(slot.name);
  EXPECT_THAT(names,
              ElementsAre("layers.1.bias", "layers.1.weight", "layers.0.bias", "layers.0.weight"));
}

TEST(ParameterLayoutTest, StoresWeightsOutputsFirst) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({5}, 3));

  EXPECT_THAT(FindSlot(layout, "layers.0.weight")->shape, ElementsAre(5, 3));
}

TEST(ParameterLayoutTest, AlignsEveryTensor) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({5, 17}, 3));

  for (const ParameterSlot& slot : layout.slots) EXPECT_EQ(slot.offset % 16, 0) << slot.name;
  EXPECT_EQ(layout.element_count % 16, 0);
}

TEST(ParameterLayoutTest, DoesNotDependOnTheBatchSize) {
  const ParameterLayout one = MakeParameterLayout(BuildMlp({5, 17}, 3, /*batch_rows=*/1));
  const ParameterLayout many = MakeParameterLayout(BuildMlp({5, 17}, 3, /*batch_rows=*/64));

  ASSERT_EQ(one.slots.size(), many.slots.size());
  for (std::size_t i = 0; i < one.slots.size(); ++i) {
    EXPECT_EQ(one.slots[i].offset, many.slots[i].offset);
  }
  EXPECT_EQ(one.buckets, many.buckets);
}

TEST(ParameterLayoutTest, BucketsTileTheArenaAndKeepTheirBound) {
  for (const std::int64_t width : {1, 100, 600, 5000}) {
    const ParameterLayout layout = MakeParameterLayout(BuildMlp({width, width}, 784));

    std::int64_t end = 0;
    for (const IndexRange& bucket : layout.buckets) {
      EXPECT_EQ(bucket.first, end);
      EXPECT_GT(bucket.size(), 0);
      EXPECT_LE(bucket.size(), static_cast<std::int64_t>(limits::kBucketElementsMax));
      end = bucket.last;
    }
    EXPECT_EQ(end, layout.element_count) << "width " << width;
  }
}

TEST(ParameterLayoutTest, ASmallModelIsOneBucket) {
  EXPECT_EQ(MakeParameterLayout(BuildMlp({64}, 32)).buckets.size(), 1u);
}

TEST(ParameterLayoutTest, ALargeParameterDoesNotDelayThoseBeforeIt) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({512, 256}, 784));

  const std::int64_t largest = FindSlot(layout, "layers.0.weight")->offset;
  EXPECT_THAT(layout.buckets,
              ElementsAre(IndexRange{0, largest}, IndexRange{largest, layout.element_count}));
}

TEST(ParameterLayoutTest, AnotherTargetClosesBucketsEarlierOrLater) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({512, 256}, 784));

  EXPECT_EQ(BucketsOf(layout, std::int64_t{limits::kBucketElementsTarget}), layout.buckets);
  EXPECT_THAT(BucketsOf(layout, std::int64_t{limits::kBucketElementsMax}),
              ElementsAre(IndexRange{0, layout.element_count}));
  EXPECT_EQ(BucketsOf(layout, 1).size(), layout.slots.size());
}

TEST(ParameterLayoutTest, ABucketIsReadyWithItsLastWriterAndNotBeforeTheOneBeforeIt) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({16}, 3));
  const std::vector<int> writers = {7, 5, 9, 8};  // by slot
  const auto starts = [&](std::size_t slot) { return layout.slots[slot].offset; };
  const std::vector<IndexRange> buckets = {
      {0, starts(1)}, {starts(1), starts(2)}, {starts(2), layout.element_count}};

  EXPECT_THAT(ReadinessOf(buckets, layout, writers), ElementsAre(7, 7, 9));
}

TEST(ParameterLayoutTest, AParameterAboveTheBoundIsCut) {
  const ParameterLayout layout = MakeParameterLayout(BuildMlp({5000, 5000}, 784));

  EXPECT_GE(layout.buckets.size(), 3u);
}

TEST(InitializeParametersTest, DrawsUniformlyWithinTheBounds) {
  const std::vector<float> weight = Tensor(BuildMlp({300}, 400), "layers.0.weight", 1);

  // 120 000 draws on [-1/20, 1/20): the mean has a standard deviation of 8e-5.
  const auto [low, high] = std::ranges::minmax(weight);
  double sum = 0;
  for (const float value : weight) sum += value;
  EXPECT_GE(low, -0.05f);
  EXPECT_LT(high, 0.05f);
  EXPECT_LT(low, -0.0499f);
  EXPECT_GT(high, 0.0499f);
  EXPECT_NEAR(sum / 120000, 0, 4e-4);
}

TEST(InitializeParametersTest, FillsThePaddingWithZero) {
  const std::vector<float> arena = Initialize(BuildMlp({5}, 3), 1);

  EXPECT_EQ(arena[10], 0);  // behind layers.1.bias, which has ten elements
  EXPECT_EQ(arena[15], 0);
}

TEST(InitializeParametersTest, EqualSeedsGiveEqualBits) {
  EXPECT_EQ(Initialize(BuildMlp({5}, 3), 7), Initialize(BuildMlp({5}, 3), 7));
  EXPECT_NE(Initialize(BuildMlp({5}, 3), 7), Initialize(BuildMlp({5}, 3), 8));
}

TEST(InitializeParametersTest, AParametersBitsDoNotDependOnLaterLayers) {
  EXPECT_EQ(Tensor(BuildMlp({5}, 3), "layers.0.weight", 7),
            Tensor(BuildMlp({5, 9, 4}, 3), "layers.0.weight", 7));
}

TEST(InitializeParametersTest, TensorsOfOneShapeDiffer) {
  const Graph model = BuildMlp({6, 6, 6}, 6);

  EXPECT_NE(Tensor(model, "layers.0.weight", 7), Tensor(model, "layers.1.weight", 7));
}

Graph BuildNormalized() {
  LayerSpec linear = DefaultLayer(LayerKind::kLinear);
  linear.out_features = 5;
  const LayerSpec norm = DefaultLayer(LayerKind::kBatchNorm);
  const ModelSpec model = {.architecture =
                               LayersSpec{{norm, linear, norm, DefaultLayer(LayerKind::kLinear)}}};
  return BuildModel(model, {.feature_count = 3, .class_count = 10}, 2).value();
}

TEST(ParameterLayoutTest, RunningStatisticsLieAtTheEndInBucketsOfTheirOwn) {
  const ParameterLayout layout = MakeParameterLayout(BuildNormalized());

  std::vector<std::string> statistics;
  for (const ParameterSlot& slot : layout.slots) {
    EXPECT_EQ(slot.momentum.has_value(), slot.offset >= layout.statistics.first) << slot.name;
    if (slot.momentum) statistics.push_back(slot.name);
  }
  EXPECT_THAT(statistics, ElementsAre("layers.2.running_var", "layers.2.running_mean",
                                      "layers.0.running_var", "layers.0.running_mean"));
  EXPECT_EQ(layout.statistics.last, layout.element_count);
  EXPECT_EQ(layout.buckets.back(), layout.statistics);
}

TEST(ParameterLayoutTest, RunningStatisticsStartAsThoseOfAStandardNormalDistribution) {
  const Graph model = BuildNormalized();

  EXPECT_EQ(Tensor(model, "layers.0.running_mean", 1), std::vector<float>(3, 0.0f));
  EXPECT_EQ(Tensor(model, "layers.0.running_var", 1), std::vector<float>(3, 1.0f));
}

}  // namespace
}  // namespace descent
