#include "client/plan_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;

TEST(ParseNetworkTest, ARateIsOfBitsAndALatencyOfSeconds) {
  const NetworkFlag network = ParseNetwork("25Gbit,10us").value();

  EXPECT_DOUBLE_EQ(network.bytes_per_second, 25e9 / 8);
  EXPECT_DOUBLE_EQ(network.message_seconds, 1e-5);
}

TEST(ParseNetworkTest, BytesAreTakenToo) {
  EXPECT_DOUBLE_EQ(ParseNetwork("1.5GB,0.2ms").value().bytes_per_second, 1.5e9);
  EXPECT_DOUBLE_EQ(ParseNetwork("1.5GB,0.2ms").value().message_seconds, 2e-4);
}

TEST(ParseNetworkTest, WhatIsNoRateAndLatencyIsRefusedWithWhatIsWanted) {
  for (const char* text :
       {"", "25Gbit", "25,10us", "25Gbit,10", "25 Gbit,10us", "-1Gbit,1us", "0bit,1us",
        "25Gbit,10us,", "nanGbit,1us", "1e999Gbit,1us", "1e300Tbit,1us"}) {
    const auto refused = ParseNetwork(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(refused.status().message(), testing::HasSubstr("25Gbit,10us"));
  }
}

TEST(ParseWorkerCountsTest, ARangeDoubles) {
  EXPECT_THAT(ParseWorkerCounts("8..64", 4096).value(), ElementsAre(8, 16, 32, 64));
  EXPECT_THAT(ParseWorkerCounts("3..20", 4096).value(), ElementsAre(3, 6, 12, 20));
  EXPECT_THAT(ParseWorkerCounts("4..4", 4096).value(), ElementsAre(4));
}

TEST(ParseWorkerCountsTest, AListIsTakenAsItIs) {
  EXPECT_THAT(ParseWorkerCounts("1,2,5", 4096).value(), ElementsAre(1, 2, 5));
  EXPECT_THAT(ParseWorkerCounts("7", 4096).value(), ElementsAre(7));
}

TEST(ParseWorkerCountsTest, OtherTextsAreRefused) {
  for (const char* text :
       {"", "0", "8..", "..8", "8..4", "1,,2", "2,1", "1,5000", "x", "1..2..4", "1,"})
    EXPECT_EQ(ParseWorkerCounts(text, 4096).status().code(), Code::kInvalidArgument) << text;
}

}  // namespace
}  // namespace descent
