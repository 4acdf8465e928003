#include "worker/plan/memory_planner.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "worker/graph/sample_source.h"

namespace descent {
namespace {

std::vector<MemoryRequest> RandomRequests(std::uint64_t seed) {
  SampleSource source(seed);
  std::vector<MemoryRequest> requests(static_cast<std::size_t>(source.Integer(1, 60)));
  for (MemoryRequest& request : requests) {
    request.element_count = source.Integer(1, 200);
    request.first_step = static_cast<int>(source.Integer(0, 30));
    request.last_step = request.first_step + static_cast<int>(source.Integer(0, 12));
  }
  return requests;
}

TEST(MemoryPlannerTest, NoTwoRequestsInUseTogetherOverlap) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const std::vector<MemoryRequest> requests = RandomRequests(seed);

    ASSERT_TRUE(IsSound(PlanMemory(requests), requests)) << "seed " << seed;
  }
}

TEST(MemoryPlannerTest, EveryOffsetIsACacheLine) {
  const std::vector<MemoryRequest> requests = RandomRequests(1);

  for (const std::int64_t offset : PlanMemory(requests).offsets) EXPECT_EQ(offset % 16, 0);
}

TEST(MemoryPlannerTest, RequestsThatFollowEachOtherShareMemory) {
  const std::vector<MemoryRequest> requests = {{64, 0, 1}, {64, 2, 3}, {64, 4, 4}};

  EXPECT_EQ(PlanMemory(requests).element_count, 64);
}

TEST(MemoryPlannerTest, ASmallRequestFillsAHole) {
  const std::vector<MemoryRequest> requests = {{100, 0, 9}, {80, 0, 2}, {60, 2, 9}, {16, 5, 6}};

  const MemoryPlan plan = PlanMemory(requests);

  EXPECT_EQ(plan.offsets[3], 112);  // where the second lay
  EXPECT_EQ(plan.element_count, 256);
}

TEST(MemoryPlannerTest, NothingNeedsNoMemory) { EXPECT_EQ(PlanMemory({}).element_count, 0); }

TEST(MemoryPlannerTest, AnOverlapIsSeen) {
  const std::vector<MemoryRequest> requests = {{20, 0, 1}, {20, 1, 2}};

  EXPECT_FALSE(IsSound({.offsets = {0, 16}, .element_count = 64}, requests));
  EXPECT_TRUE(IsSound({.offsets = {0, 32}, .element_count = 64}, requests));
}

}  // namespace
}  // namespace descent
