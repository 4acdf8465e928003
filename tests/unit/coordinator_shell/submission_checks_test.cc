#include "coordinator/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

std::vector<PoolView> Pools(std::initializer_list<int> sizes) {
  std::vector<PoolView> pools;
  for (const int size : sizes)
    pools.push_back({.name = "p" + std::to_string(size), .world_size = size});
  return pools;
}

TEST(SubmissionChecksTest, AJobThatEvenTheLargestPoolCannotHoldIsInfeasible) {
  JobSpec spec = MakeSpec();
  spec.workers = {.min = 5, .max = 8};

  const std::optional<RequestError> error = CheckCapacity(spec, Pools({2, 4, 3}));

  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason, "GANG_INFEASIBLE");
  EXPECT_EQ(error->status.code(), Code::kFailedPrecondition);
  EXPECT_EQ(error->metadata.at("requested"), "5");
  EXPECT_EQ(error->metadata.at("largest_pool"), "4");
  EXPECT_THAT(error->violations,
              testing::ElementsAre(Violation{
                  "workers.min", "5 requested, the largest pool \"p4\" has 4 (GANG_INFEASIBLE)"}));
}

TEST(SubmissionChecksTest, AJobThatOnePoolCanHoldIsFeasible) {
  JobSpec spec = MakeSpec();
  spec.workers = {.min = 4, .max = 8};

  EXPECT_FALSE(CheckCapacity(spec, Pools({2, 4, 3})).has_value());
}

TEST(SubmissionChecksTest, WithoutPoolsNothingIsKnownToBeInfeasible) {
  JobSpec spec = MakeSpec();
  spec.workers = {.min = 99, .max = 99};

  EXPECT_FALSE(CheckCapacity(spec, {}).has_value());
}

TEST(SubmissionChecksTest, ADeadlineOrARetentionOutOfBoundsIsRefused) {
  v1::UpdateJobRequest request;
  EXPECT_FALSE(CheckLifetime(request).has_value());
  request.set_deadline(7200);
  request.set_retention_days(0);
  EXPECT_FALSE(CheckLifetime(request).has_value());

  request.set_retention_days(36501);
  EXPECT_EQ(CheckLifetime(request)->reason, "RETENTION_INVALID");
  request.set_deadline(-1);
  EXPECT_EQ(CheckLifetime(request)->reason, "DEADLINE_INVALID");
  EXPECT_EQ(CheckLifetime(request)->metadata.at("deadline"), "-1");
}

}  // namespace
}  // namespace descent
