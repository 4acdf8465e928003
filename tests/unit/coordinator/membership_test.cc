#include "coordinator/membership.h"

#include <gtest/gtest.h>

#include <chrono>

namespace descent {
namespace {

Register Rank(int world_rank, int world_size) {
  return {.pool = "p", .world_rank = world_rank, .world_size = world_size, .host = "h"};
}

TEST(MembershipTest, APoolIsReadyOnceAllItsRanksAreThere) {
  Membership membership;

  membership.Admit(1, Rank(0, 2), {});
  EXPECT_FALSE(membership.pools().at(0).is_ready);
  membership.Admit(2, Rank(1, 2), {});
  EXPECT_TRUE(membership.pools().at(0).is_ready);
}

TEST(MembershipTest, APoolThatLosesARankIsBroken) {
  Membership membership;
  membership.Admit(1, Rank(0, 2), {});
  membership.Admit(2, Rank(1, 2), {});

  membership.Remove(1);

  EXPECT_TRUE(membership.pools().at(0).is_broken);
}

TEST(MembershipTest, APoolDisappearsWithItsLastWorker) {
  Membership membership;
  membership.Admit(1, Rank(0, 1), {});

  membership.Remove(1);

  EXPECT_TRUE(membership.pools().empty());
  EXPECT_EQ(membership.Find(1), nullptr);
}

TEST(MembershipTest, WorkersAreListedByRank) {
  Membership membership;
  membership.Admit(1, Rank(2, 3), {});
  membership.Admit(2, Rank(0, 3), {});

  const PoolView pool = membership.pools().at(0);

  EXPECT_EQ(pool.workers[0].world_rank, 0);
  EXPECT_EQ(pool.workers[1].world_rank, 2);
}

TEST(MembershipTest, ASlotIsThePlaceAmongTheWorkersOfAHost) {
  Membership membership;
  Register elsewhere = Rank(1, 3);
  elsewhere.host = "other";
  membership.Admit(1, Rank(0, 3), {});
  membership.Admit(2, elsewhere, {});
  membership.Admit(3, Rank(2, 3), {});

  const PoolView pool = membership.pools().at(0);

  EXPECT_EQ(pool.workers[0].slot, 0);
  EXPECT_EQ(pool.workers[1].slot, 0);
  EXPECT_EQ(pool.workers[2].slot, 1);
}

TEST(MembershipTest, UtilizationIsTheShareOfTheThreadsOfAJob) {
  const ResourceUse before{.cpu_seconds = 10, .host_cpus = 8, .measured_at_seconds = 100};
  const ResourceUse after{.cpu_seconds = 13, .host_cpus = 8, .measured_at_seconds = 103};

  EXPECT_DOUBLE_EQ(UtilizationBetween(before, after, 1).value(), 1);
  EXPECT_DOUBLE_EQ(UtilizationBetween(before, after, 4).value(), 0.25);
}

TEST(MembershipTest, UtilizationIsNotKnownOfOneMeasurementOrOfTwoProcesses) {
  const ResourceUse first{.cpu_seconds = 10, .host_cpus = 8, .measured_at_seconds = 100};
  const ResourceUse restarted{.cpu_seconds = 1, .host_cpus = 8, .measured_at_seconds = 103};

  EXPECT_FALSE(UtilizationBetween({}, first, 1).has_value());
  EXPECT_FALSE(UtilizationBetween(first, {}, 1).has_value());
  EXPECT_FALSE(UtilizationBetween(first, first, 1).has_value());
  EXPECT_FALSE(UtilizationBetween(first, restarted, 1).has_value());
}

TEST(MembershipTest, ARankOutsideItsWorldIsRefused) {
  EXPECT_EQ(Membership().Check(Rank(2, 2)).code(), Code::kInvalidArgument);
  EXPECT_EQ(Membership().Check(Rank(-1, 2)).code(), Code::kInvalidArgument);
}

TEST(MembershipTest, AWorldWithoutASensibleSizeIsRefused) {
  EXPECT_EQ(Membership().Check(Rank(0, 0)).code(), Code::kInvalidArgument);
  EXPECT_EQ(Membership().Check(Rank(0, 1 << 30)).code(), Code::kInvalidArgument);
}

TEST(MembershipTest, ARankOfAnotherWorldSizeIsRefused) {
  Membership membership;
  membership.Admit(1, Rank(0, 2), {});

  EXPECT_EQ(membership.Check(Rank(1, 3)).code(), Code::kInvalidArgument);
}

TEST(MembershipTest, OnlyWorkersThatWereNotHeardAreSilent) {
  Membership membership;
  const MonotonicTime start;
  membership.Admit(1, Rank(0, 2), start);
  membership.Admit(2, Rank(1, 2), start);
  membership.Find(2)->last_heard = start + std::chrono::seconds(5);

  EXPECT_EQ(membership.SilentSince(start + std::chrono::seconds(1)), std::vector<SessionId>{1});
}

TEST(MembershipTest, ACordonedWorkerIsNotFree) {
  Membership membership;
  membership.Admit(1, Rank(0, 1), {}).cordon = Cordon::kCordoned;

  EXPECT_EQ(membership.pools().at(0).free, 0);
}

TEST(MembershipTest, TheStateOfAWorkerTellsWhatItIsThereFor) {
  const PoolView ready{.is_ready = true};
  WorkerView worker;
  EXPECT_EQ(StateOf(worker, {}), WorkerState::kJoining);
  EXPECT_EQ(StateOf(worker, ready), WorkerState::kReady);

  worker.cordon = Cordon::kDraining;
  EXPECT_EQ(StateOf(worker, ready), WorkerState::kCordoned);
  worker.job_id = "a";
  EXPECT_EQ(StateOf(worker, ready), WorkerState::kDraining);
  worker.leaving = "SIGTERM";
  EXPECT_EQ(StateOf(worker, ready), WorkerState::kLeaving);
}

}  // namespace
}  // namespace descent
