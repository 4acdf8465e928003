#include "common/phase_times.h"

#include <gtest/gtest.h>

#include <chrono>

namespace descent {
namespace {

MonotonicTime At(int seconds) { return MonotonicTime() + std::chrono::seconds(seconds); }

TEST(PhaseClockTest, EachPhaseGetsTheTimeUntilTheNextOne) {
  PhaseClock clock;
  clock.Enter("data", 10, At(100));
  clock.Enter("compute", 10, At(101));
  clock.Enter("data", 11, At(104));
  clock.Enter("compute", 11, At(105));

  const PhaseTimes times = clock.Take(At(107));

  EXPECT_EQ(times, (PhaseTimes{.steps = 1, .seconds = {{"data", 2}, {"compute", 5}}}));
}

TEST(PhaseClockTest, WhatWasTakenIsNotCountedAgain) {
  PhaseClock clock;
  clock.Enter("data", 0, At(0));
  clock.Enter("compute", 3, At(1));
  clock.Take(At(2));
  clock.Enter("data", 5, At(4));

  EXPECT_EQ(clock.Take(At(4)), (PhaseTimes{.steps = 2, .seconds = {{"compute", 2}, {"data", 0}}}));
}

TEST(PhaseClockTest, AStateThatIsLoadedIsNoStep) {
  PhaseClock clock;
  clock.Enter("prepare", 0, At(0));
  clock.Enter("load", 0, At(1));
  clock.Enter("wait", 500, At(2));

  EXPECT_EQ(clock.Take(At(3)).steps, 0);
}

TEST(PhaseClockTest, StepsThatAreRolledBackAreNotTakenAway) {
  PhaseClock clock;
  clock.Enter("compute", 100, At(0));
  clock.Enter("load", 101, At(1));
  clock.Enter("compute", 90, At(2));
  clock.Enter("compute", 92, At(3));

  EXPECT_EQ(clock.Take(At(4)).steps, 3);
}

TEST(PhaseClockTest, NothingWasDoneBeforeTheFirstPhase) {
  EXPECT_EQ(PhaseClock().Take(At(5)), PhaseTimes());
}

}  // namespace
}  // namespace descent
