#include "client/render/cluster_text.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

WorkerView Worker(const std::string& pool, int rank, const std::string& state,
                  const std::string& job = "") {
  return {.name = "pools/" + pool + "/workers/" + std::to_string(rank),
          .pool = pool,
          .host = "node-a",
          .world_rank = rank,
          .pid = 100 + rank,
          .state = state,
          .job = job,
          .heartbeat_age_seconds = 0.84,
          .phase = job.empty() ? "" : "reduce",
          .step = job.empty() ? 0 : 1200,
          .slot = "cpu:" + std::to_string(rank),
          .device = "cpu",
          .cpu_utilization = job.empty() ? std::nullopt : std::optional(0.974),
          .resident_bytes = 1'200'000'000,
          .host_memory_bytes = job.empty() ? 0 : 64'000'000'000};
}

PoolView MakePool(const std::string& name) {
  return {.name = name,
          .world_size = 2,
          .free = 0,
          .is_ready = true,
          .workers = {Worker(name, 0, "DRAINING", "mlp"), Worker(name, 1, "CORDONED")}};
}

TEST(ClusterTextTest, AWorkerIsListedAsTheCommandsTakeIt) {
  EXPECT_EQ(
      WorkerTable(MakePool("p").workers),
      "WORKER  HOST    PROCESS  STATE     SLOT   DEVICE  JOB  PHASE   STEP  UTIL  MEM          "
      "     HEARTBEAT\n"
      "p/0     node-a  100      DRAINING  cpu:0  cpu     mlp  reduce  1200  97%   1.2 GB / 64.0 "
      "GB  0.8s\n"
      "p/1     node-a  101      CORDONED  cpu:1  cpu     -    -       -     -     -            "
      "     0.8s\n");
}

TEST(ClusterTextTest, AWideListHasWhatAWorkerNeedsForAStep) {
  PoolView pool = MakePool("p");
  pool.workers[0].own_step_seconds = 0.0125;

  const std::string table = WorkerTable(pool.workers, TableWidth::kWide);

  EXPECT_NE(table.find("OWN STEP"), std::string::npos);
  EXPECT_NE(table.find("12.5 ms"), std::string::npos);
}

TEST(ClusterTextTest, APoolIsListedWithItsCordonedWorkersAndJobs) {
  PoolView joining{.name = "q", .world_size = 3, .workers = {Worker("q", 0, "JOINING")}};

  EXPECT_EQ(PoolTable({MakePool("p"), joining}),
            "POOL  STATE          WORKERS  FREE  CORDONED  JOBS\n"
            "p     READY          2        0     2         mlp\n"
            "q     1 of 3 joined  3        0     0         -\n");
}

TEST(ClusterTextTest, AWorkerIsFoundByEachOfItsNames) {
  const std::vector<PoolView> pools = {MakePool("p")};

  for (const char* name : {"p/1", "node-a/1", "pools/p/workers/1"}) {
    const auto found = FindWorkers(pools, name);
    ASSERT_EQ(found.size(), 1u) << name;
    EXPECT_EQ(found[0].world_rank, 1);
  }
  EXPECT_TRUE(FindWorkers(pools, "p/2").empty());
}

TEST(ClusterTextTest, AHostWithTwoPoolsDoesNotTellWhichWorkerIsMeant) {
  EXPECT_EQ(FindWorkers({MakePool("p"), MakePool("q")}, "node-a/1").size(), 2u);
}

TEST(ClusterTextTest, TheStatusLeavesOutStatesThatNoJobIsIn) {
  EXPECT_EQ(ServerStatusText({.version = "1.2.3",
                              .uptime_seconds = 90,
                              .jobs = {{"FAILED", 0}, {"QUEUED", 2}, {"RUNNING", 1}}}),
            "Server:       1.2.3, up for 1m\n"
            "Jobs:         2 QUEUED, 1 RUNNING\n"
            "Pools:        no workers are attached\n");
}

}  // namespace
}  // namespace descent
