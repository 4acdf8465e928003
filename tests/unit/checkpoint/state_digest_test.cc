#include "worker/checkpoint/state_digest.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>

namespace descent {
namespace {

Digest DigestOf(std::string name, std::span<const float> values) {
  const std::array tensors = {
      TensorView{.name = std::move(name), .shape = {std::ssize(values)}, .values = values}};
  return StateDigest(tensors, {});
}

TEST(StateDigestTest, NamesDoNotEnter) {
  const std::array values = {1.0f, 2.0f};

  EXPECT_EQ(DigestOf("a", values), DigestOf("b", values));
}

TEST(StateDigestTest, MinusZeroIsNotZero) {
  EXPECT_NE(DigestOf("a", std::array{0.0f}), DigestOf("a", std::array{-0.0f}));
}

TEST(StateDigestTest, EqualNansAreEqual) {
  const float nan = std::bit_cast<float>(0x7fc00001);

  EXPECT_EQ(DigestOf("a", std::array{nan}), DigestOf("a", std::array{nan}));
}

TEST(StateDigestTest, ParametersAreNotMoments) {
  const std::array values = {1.0f};
  const std::array other_values = {2.0f};
  const std::array one = {TensorView{.name = "a", .shape = {1}, .values = values}};
  const std::array other = {TensorView{.name = "b", .shape = {1}, .values = other_values}};

  EXPECT_NE(StateDigest(one, other), StateDigest(other, one));
}

}  // namespace
}  // namespace descent
