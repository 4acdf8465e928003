#include "common/ping_interval.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(PingIntervalTest, NoServerIsAskedMoreOftenThanItAccepts) {
  for (const PingIntervals& pings : {kUserPings, kWorkerPings})
    EXPECT_GE(pings.interval, 2 * pings.accepted) << "network delays bring two pings together";
}

TEST(PingIntervalTest, ADeadPeerOfAWorkerIsNoticedBeforeItsNextPing) {
  EXPECT_LT(kWorkerPings.timeout, kWorkerPings.interval);
}

}  // namespace
}  // namespace descent
