#include "coordinator/cordons.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

constexpr MonotonicTime kStart{};

bool Nowhere(const std::string&) { return false; }
bool Everywhere(const std::string&) { return true; }

Cordons WithOne() {
  Cordons cordons;
  cordons.Set({.pool = "p", .world_rank = 2, .cordon = Cordon::kDraining}, kStart);
  return cordons;
}

TEST(CordonsTest, ACordonIsOfOneRankOfOnePool) {
  const Cordons cordons = WithOne();

  EXPECT_EQ(cordons.Of("p", 2), Cordon::kDraining);
  EXPECT_EQ(cordons.Of("p", 1), Cordon::kNone);
  EXPECT_EQ(cordons.Of("q", 2), Cordon::kNone);
}

TEST(CordonsTest, NoneEndsACordon) {
  Cordons cordons = WithOne();

  cordons.Set({.pool = "p", .world_rank = 2}, kStart);

  EXPECT_EQ(cordons.Of("p", 2), Cordon::kNone);
}

TEST(CordonsTest, AnAttachedPoolKeepsItsCordons) {
  Cordons cordons = WithOne();

  EXPECT_TRUE(cordons.ForgetOld(Everywhere, kStart + 2 * Cordons::kForgetAfter).empty());
  EXPECT_TRUE(cordons.ForgetOld(Nowhere, kStart + 2 * Cordons::kForgetAfter).empty());
  EXPECT_EQ(cordons.Of("p", 2), Cordon::kDraining);
}

TEST(CordonsTest, APoolThatIsGoneForLongLosesItsCordons) {
  Cordons cordons = WithOne();

  const auto forgotten = cordons.ForgetOld(Nowhere, kStart + Cordons::kForgetAfter);

  ASSERT_EQ(forgotten.size(), 1u);
  EXPECT_EQ(forgotten[0].pool, "p");
  EXPECT_EQ(forgotten[0].world_rank, 2);
  EXPECT_EQ(forgotten[0].cordon, Cordon::kNone);
  EXPECT_EQ(cordons.Of("p", 2), Cordon::kNone);
}

TEST(CordonsTest, NamesAreReadAsTheyAreWritten) {
  for (const Cordon cordon : {Cordon::kNone, Cordon::kCordoned, Cordon::kDraining})
    EXPECT_EQ(CordonFromName(CordonName(cordon)), cordon);
  EXPECT_EQ(CordonFromName("FENCED"), std::nullopt);
}

}  // namespace
}  // namespace descent
