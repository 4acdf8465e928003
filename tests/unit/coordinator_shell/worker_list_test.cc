#include <gmock/gmock.h>

#include <string>
#include <variant>
#include <vector>

#include "common/limits.h"
#include "coordinator/job_view.h"

namespace descent {
namespace {

using testing::ElementsAre;

// Workers 0 and 1 of pool "a", 0 to 2 of pool "b".
std::vector<PoolView> TwoPools() {
  std::vector<PoolView> pools = {{.name = "a", .world_size = 2}, {.name = "b", .world_size = 3}};
  for (PoolView& pool : pools)
    for (int rank = 0; rank < pool.world_size; ++rank) {
      WorkerView worker;
      worker.pool = pool.name;
      worker.world_rank = rank;
      pool.workers.push_back(worker);
    }
  return pools;
}

std::variant<v1::ListWorkersResponse, RequestError> WorkerPage(
    int page_size, const std::string& page_token, const std::vector<PoolView>& pools = TwoPools()) {
  v1::ListWorkersRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  return ListWorkersPage(request, pools, MonotonicNow());
}

v1::ListWorkersResponse List(int page_size, const std::string& page_token,
                             const std::vector<PoolView>& pools = TwoPools()) {
  return std::get<v1::ListWorkersResponse>(WorkerPage(page_size, page_token, pools));
}

RequestError WorkerRefusalOf(int page_size, const std::string& page_token) {
  return std::get<RequestError>(WorkerPage(page_size, page_token));
}

std::vector<std::string> WorkerNamesOf(const v1::ListWorkersResponse& page) {
  std::vector<std::string> names;
  for (const v1::Worker& worker : page.workers()) names.push_back(worker.name());
  return names;
}

TEST(WorkerListTest, PagesHaveEveryWorkerOnceByPoolAndWorldRank) {
  const v1::ListWorkersResponse first = List(3, "");
  const v1::ListWorkersResponse second = List(3, first.next_page_token());

  EXPECT_THAT(WorkerNamesOf(first),
              ElementsAre("pools/a/workers/0", "pools/a/workers/1", "pools/b/workers/0"));
  EXPECT_THAT(WorkerNamesOf(second), ElementsAre("pools/b/workers/1", "pools/b/workers/2"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST(WorkerListTest, AFullPageThatIsTheLastHasNoToken) {
  EXPECT_EQ(List(5, "").next_page_token(), "");
}

TEST(WorkerListTest, APageBeginsBehindAWorkerThatHasLeftSince) {
  const std::string token = List(2, "").next_page_token();
  std::vector<PoolView> pools = TwoPools();
  pools.erase(pools.begin());

  EXPECT_THAT(WorkerNamesOf(List(2, token, pools)),
              ElementsAre("pools/b/workers/0", "pools/b/workers/1"));
}

TEST(WorkerListTest, ATokenOfAnotherServiceIsRefused) {
  const RequestError error = WorkerRefusalOf(2, "17");

  EXPECT_EQ(error.reason, "PAGE_TOKEN_INVALID");
  EXPECT_EQ(error.status.code(), Code::kInvalidArgument);
  EXPECT_EQ(error.status.message(), "page_token \"17\" is not one of this service");
}

TEST(WorkerListTest, APageSizeOutOfRangeIsRefused) {
  EXPECT_EQ(WorkerRefusalOf(-1, "").reason, "PAGE_SIZE_INVALID");
  EXPECT_EQ(WorkerRefusalOf(limits::kPageSizeMax + 1, "").reason, "PAGE_SIZE_INVALID");
}

}  // namespace
}  // namespace descent
