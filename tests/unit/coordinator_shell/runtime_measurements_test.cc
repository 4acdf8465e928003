#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "coordinator/process_facts.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

class RuntimeMeasurementsTest : public GrpcServersTest {
 protected:
  ClusterSnapshot Snapshot() {
    Result<ClusterSnapshot> snapshot = runtime_->Snapshot();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return std::move(snapshot).value();
  }
};

TEST_F(RuntimeMeasurementsTest, RestartsAreCountedOverTheLivesOfTheCoordinator) {
  EXPECT_EQ(Snapshot().restarts, 0);

  for (int restarts = 1; restarts <= 2; ++restarts) {
    Stop();
    Start();
    EXPECT_EQ(Snapshot().restarts, restarts);
  }
}

TEST_F(RuntimeMeasurementsTest, ATransactionOfTheStoreIsMeasured) {
  const std::int64_t before = Snapshot().counters.commits.Count();

  CreateJob("mine");

  EXPECT_GT(Snapshot().counters.commits.Count(), before);
}

TEST_F(RuntimeMeasurementsTest, TheRoundsOfTheEventLoopAreMeasured) {
  CreateJob("mine");
  // The round that a snapshot is taken in is not over.
  ClusterSnapshot snapshot = Snapshot();
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (snapshot.counters.cycles.Count() == 0 && std::chrono::steady_clock::now() < deadline)
    snapshot = Snapshot();

  EXPECT_GT(snapshot.counters.cycles.Count(), 0);
  EXPECT_GT(snapshot.counters.last_cycle_time, 0);
}

TEST(ProcessFactsTest, TheWriteAheadLogIsAPartOfTheStore) {
  const TemporaryDirectory directory;
  std::ofstream(directory.path() / "state.db") << "12345";
  std::ofstream(directory.path() / "state.db-wal") << "123";

  const ProcessFacts facts = ReadProcessFacts(directory.path());

  EXPECT_EQ(facts.state_bytes, 8);
  EXPECT_EQ(facts.wal_bytes, 3);
}

}  // namespace
}  // namespace descent
