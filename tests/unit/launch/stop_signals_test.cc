#include "launch/stop_signals.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace descent {
namespace {

TEST(StopSignalsTest, ASignalStaysUntilItIsTaken) {
  const StopSignals signals;
  EXPECT_FALSE(signals.Take());
  raise(SIGTERM);
  EXPECT_TRUE(signals.Wait(std::chrono::milliseconds(0)));
  EXPECT_TRUE(signals.Wait(std::chrono::milliseconds(0)));

  EXPECT_TRUE(signals.Take());

  EXPECT_FALSE(signals.Wait(std::chrono::milliseconds(0)));
}

TEST(StopSignalsTest, ANewSignalIsNoticedAfterOneWasTaken) {
  const StopSignals signals;
  raise(SIGTERM);
  signals.Take();

  raise(SIGINT);

  EXPECT_TRUE(signals.Take());
}

}  // namespace
}  // namespace descent
