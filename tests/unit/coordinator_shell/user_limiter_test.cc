#include "coordinator/user_limiter.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

const Caller kAlice{.name = "alice", .role = Role::kUser};
const Caller kBob{.name = "bob", .role = Role::kUser};
const Caller kRoot{.name = "root", .role = Role::kAdmin};
const Caller kNobody{};  // where no tokens are asked for

std::string PlaceReasonOf(const std::variant<StreamPlace, RequestError>& opened) {
  const auto* error = std::get_if<RequestError>(&opened);
  return error == nullptr ? "" : error->reason;
}

MonotonicTime At(double seconds) {
  return MonotonicTime(
      std::chrono::duration_cast<MonotonicTime::duration>(std::chrono::duration<double>(seconds)));
}

TEST(UserLimiterTest, AUserHasSoManyStreams) {
  UserLimiter limiter(UserLimits{.streams_of_user_max = 1});
  const auto place = limiter.OpenStream(kAlice);
  ASSERT_EQ(PlaceReasonOf(place), "");

  const auto refused = limiter.OpenStream(kAlice);

  const auto* error = std::get_if<RequestError>(&refused);
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->status.code(), Code::kResourceExhausted);
  EXPECT_EQ(error->reason, "TOO_MANY_STREAMS");
  EXPECT_TRUE(error->retry_delay);
  EXPECT_EQ(PlaceReasonOf(limiter.OpenStream(kBob)), "");
}

TEST(UserLimiterTest, AStreamThatHasEndedMakesRoomForAnother) {
  UserLimiter limiter(UserLimits{.streams_of_user_max = 1});
  auto place = limiter.OpenStream(kAlice);

  place = StreamPlace();

  EXPECT_EQ(PlaceReasonOf(limiter.OpenStream(kAlice)), "");
}

TEST(UserLimiterTest, AllUsersTogetherHaveSoManyStreams) {
  UserLimiter limiter(UserLimits{.streams_max = 1});
  const auto place = limiter.OpenStream(kAlice);

  EXPECT_EQ(PlaceReasonOf(limiter.OpenStream(kBob)), "TOO_MANY_STREAMS");
}

TEST(UserLimiterTest, CallersWithoutANameShareTheLimitOfAllAlone) {
  UserLimiter limiter(UserLimits{.streams_max = 3, .streams_of_user_max = 1});
  const auto first = limiter.OpenStream(kNobody);
  const auto second = limiter.OpenStream(kNobody);
  const auto third = limiter.OpenStream(kNobody);

  EXPECT_EQ(PlaceReasonOf(third), "");
  EXPECT_EQ(PlaceReasonOf(limiter.OpenStream(kNobody)), "TOO_MANY_STREAMS");
}

TEST(UserLimiterTest, AfterABurstChangesAreAdmittedAtTheRate) {
  UserLimiter limiter(UserLimits{.changes_per_second = 10, .changes_burst = 2});
  EXPECT_FALSE(limiter.CountChange(kAlice, At(0)));
  EXPECT_FALSE(limiter.CountChange(kAlice, At(0)));

  const auto refused = limiter.CountChange(kAlice, At(0));

  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->reason, "RATE_LIMITED");
  EXPECT_EQ(refused->retry_delay, std::chrono::milliseconds(100));
  EXPECT_FALSE(limiter.CountChange(kBob, At(0)));
  EXPECT_FALSE(limiter.CountChange(kAlice, At(0.125)));
  EXPECT_TRUE(limiter.CountChange(kAlice, At(0.125)));
}

TEST(UserLimiterTest, AQuietTimeAllowsNoMoreThanTheBurst) {
  UserLimiter limiter(UserLimits{.changes_per_second = 10, .changes_burst = 2});
  limiter.CountChange(kAlice, At(0));

  EXPECT_FALSE(limiter.CountChange(kAlice, At(1000)));
  EXPECT_FALSE(limiter.CountChange(kAlice, At(1000)));
  EXPECT_TRUE(limiter.CountChange(kAlice, At(1000)));
}

TEST(UserLimiterTest, AdminsChangeAsMuchAsTheyLike) {
  UserLimiter limiter(UserLimits{.changes_per_second = 1, .changes_burst = 1});
  for (const Caller& caller : {kRoot, kRoot, kNobody, kNobody})
    EXPECT_FALSE(limiter.CountChange(caller, At(0)));
}

TEST(UserLimiterTest, WithoutARateNobodyIsRefused) {
  UserLimiter limiter(UserLimits{.changes_per_second = 0, .changes_burst = 1});
  EXPECT_FALSE(limiter.CountChange(kAlice, At(0)));
  EXPECT_FALSE(limiter.CountChange(kAlice, At(0)));
}

TEST(UserLimiterTest, UsersHaveALimitOfJobsThatAdminsHaveOnlyWhereItIsGiven) {
  EXPECT_EQ(UserLimiter(UserLimits{}).LiveJobsMax(kAlice), UserLimits::kLiveJobsMax);
  EXPECT_EQ(UserLimiter(UserLimits{}).LiveJobsMax(kRoot), 0);
  EXPECT_EQ(UserLimiter(UserLimits{}).LiveJobsMax(kNobody), 0);
  for (const Caller& caller : {kAlice, kRoot, kNobody})
    EXPECT_EQ(UserLimiter(UserLimits{.live_jobs_max = 7}).LiveJobsMax(caller), 7);
}

}  // namespace
}  // namespace descent
