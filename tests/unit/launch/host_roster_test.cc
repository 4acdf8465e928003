#include "launch/host_roster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Status kThere;
const Status kGone(Code::kUnavailable, "no route to host");

HostRoster TwoHosts() { return HostRoster({{"a", 2}, {"b", 1}}); }

TEST(HostRosterTest, AHostThatDoesNotAnswerIsLeftOutAndThatIsSaidOnce) {
  HostRoster roster = TwoHosts();

  const auto changes = roster.Take({kThere, kGone});

  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].host, "b");
  EXPECT_EQ(changes[0].answer.message(), "no route to host");
  EXPECT_THAT(roster.left_out(), ElementsAre("b"));
  EXPECT_THAT(roster.present(), ElementsAre(HostSlots{"a", 2}));
  EXPECT_THAT(roster.Take({kThere, kGone}), IsEmpty());
}

TEST(HostRosterTest, AHostThatAnswersAgainIsBack) {
  HostRoster roster = TwoHosts();
  roster.Take({kThere, kGone});

  const auto changes = roster.Take({kThere, kThere});

  ASSERT_EQ(changes.size(), 1u);
  EXPECT_TRUE(changes[0].answer.ok());
  EXPECT_THAT(roster.left_out(), IsEmpty());
}

TEST(HostRosterTest, WhereNoHostAnswersAllAreTriedAgain) {
  HostRoster roster = TwoHosts();
  roster.Take({kThere, kGone});

  EXPECT_THAT(roster.Take({kGone, kGone}), IsEmpty());

  EXPECT_THAT(roster.left_out(), IsEmpty());
}

TEST(HostRosterTest, HostsAreLeftOutAsLongAsOneIsThere) {
  HostRoster roster = TwoHosts();

  roster.LeaveOut({"b"});
  EXPECT_THAT(roster.left_out(), ElementsAre("b"));

  roster.LeaveOut({"a"});
  EXPECT_THAT(roster.left_out(), ElementsAre("b"));
}

TEST(HostRosterTest, HostsThatAreNotKnownAreNeverLeftOut) {
  HostRoster roster({});

  EXPECT_THAT(roster.Take({}), IsEmpty());
  EXPECT_THAT(roster.left_out(), IsEmpty());
}

}  // namespace
}  // namespace descent
