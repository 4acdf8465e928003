#include "worker/train/plan_cache.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(PlanCacheTest, RunningStatisticsAreNoParameters) {
  ModelSpec model;
  model.architecture = ConvnetSpec{.layers = {{.channels = 4}}, .batch_norm = true};
  const SampleFormat format{.feature_count = 2 * 5 * 5,
                            .class_count = 3,
                            .image = ImageShape{.channels = 2, .height = 5, .width = 5}};
  ThreadPool pool(1);

  const Result<PlanCache> plans = PlanCache::Create(model, format, pool);

  ASSERT_TRUE(plans.ok()) << plans.status();
  constexpr std::int64_t kConvolution = 4 * 2 * 3 * 3;
  constexpr std::int64_t kBatchNorm = 2 * 4;  // gain and bias
  constexpr std::int64_t kLinear = 3 * 4 * 5 * 5 + 3;
  EXPECT_EQ(plans.value().parameter_count(), kConvolution + kBatchNorm + kLinear);
}

}  // namespace
}  // namespace descent
