#include "worker/train/state_copy.h"

#include <gmock/gmock.h>

#include <numeric>

namespace descent {
namespace {

using testing::ElementsAreArray;

// Some pieces of a copy, and a rest.
std::vector<float> Values(float first) {
  std::vector<float> values(1'000'003);
  std::iota(values.begin(), values.end(), first);
  return values;
}

TEST(StateCopyTest, HoldsTheValuesThatWereThereWhateverThreadsCopyThem) {
  std::vector<float> weights = Values(1);
  const std::vector<float> bias = {3, 4};
  const std::vector<float> mean = Values(2);
  const std::vector<TensorView> parameters = {{"weight", {1'000'003}, weights},
                                              {"bias", {2}, bias}};
  const std::vector<TensorView> optimizer = {{"adamw.mean.weight", {1'000'003}, mean}};
  ThreadPool pool(3);
  StateCopy copy(parameters, optimizer);

  copy.Take(parameters, optimizer, pool);
  weights.assign(weights.size(), 0);

  ASSERT_EQ(copy.parameters().size(), 2u);
  EXPECT_EQ(copy.parameters()[0].name, "weight");
  EXPECT_TRUE(std::ranges::equal(copy.parameters()[0].values, Values(1)));
  EXPECT_THAT(copy.parameters()[1].values, ElementsAreArray(bias));
  EXPECT_TRUE(std::ranges::equal(copy.optimizer()[0].values, mean));
}

TEST(StateCopyTest, ALaterCopyReplacesTheOneBefore) {
  std::vector<float> weights = {1, 2};
  const std::vector<TensorView> parameters = {{"weight", {2}, weights}};
  ThreadPool pool(1);
  StateCopy copy(parameters, {});
  copy.Take(parameters, {}, pool);

  weights = {5, 6};
  copy.Take(std::vector<TensorView>{{"weight", {2}, weights}}, {}, pool);

  EXPECT_THAT(copy.parameters()[0].values, ElementsAreArray({5, 6}));
}

TEST(StateCopyTest, CountsItsMemory) {
  const std::vector<float> weights = {1, 2, 3};
  const StateCopy copy({{"weight", {3}, weights}}, {{"adamw.mean.weight", {3}, weights}});

  EXPECT_EQ(copy.memory_bytes(), 24);
}

}  // namespace
}  // namespace descent
