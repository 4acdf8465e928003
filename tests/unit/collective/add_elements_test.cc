#include "worker/collective/add_elements.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <vector>

namespace descent {
namespace {

TEST(AddElementsTest, AddsEveryElementForEverySizeUpToSomeVectors) {
  for (std::size_t size = 0; size <= 70; ++size) {
    std::vector<float> a(size);
    std::vector<float> b(size);
    std::vector<float> sum(size + 1, -7.0f);
    for (std::size_t i = 0; i < size; ++i) {
      a[i] = static_cast<float>(i) + 0.1f;
      b[i] = 1.0f / static_cast<float>(i + 3);
    }

    AddElements(a, b, std::span(sum).first(size));

    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(sum[i], a[i] + b[i]);
    EXPECT_EQ(sum[size], -7.0f);
  }
}

TEST(AddElementsTest, TheSumMayBeAnOperandItself) {
  std::vector<float> target(33, 2.0f);
  const std::vector<float> source(33, 0.5f);

  AddElements(target, source, target);

  EXPECT_EQ(target, std::vector<float>(33, 2.5f));
}

TEST(AddElementsTest, MinusZeroPlusMinusZeroStaysMinusZero) {
  std::vector<float> sum(19, 1.0f);

  AddElements(std::vector<float>(19, -0.0f), std::vector<float>(19, -0.0f), sum);

  for (const float value : sum) EXPECT_TRUE(value == 0 && std::signbit(value));
}

}  // namespace
}  // namespace descent
