#include "coordinator/resource_name.h"

#include <gtest/gtest.h>

#include "coordinator/listen_address.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

TEST(ResourceNameTest, AJobsNameGivesItsId) {
  EXPECT_EQ(ParseJobName("jobs/small-7k2qd").value(), "small-7k2qd");
}

TEST(ResourceNameTest, NamesThatAreNoJobsAreRefused) {
  for (const char* name : {"", "jobs/", "small", "jobs/UPPER", "jobs/a/b", "jobs/..", "jobs/a.b"})
    EXPECT_EQ(ParseJobName(name).status().code(), Code::kInvalidArgument) << name;
}

TEST(ResourceNameTest, AnIdOfMoreThan63CharactersIsRefused) {
  EXPECT_TRUE(IsJobId(std::string(63, 'a')));
  EXPECT_FALSE(IsJobId(std::string(64, 'a')));
}

TEST(ResourceNameTest, ACheckpointsNameGivesJobAndStep) {
  const Result<CheckpointName> name = ParseCheckpointName("jobs/a/checkpoints/40");

  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name.value().job_id, "a");
  EXPECT_EQ(std::get<std::int64_t>(name.value().step), 40);
}

TEST(ResourceNameTest, LatestStandsForNoStepInParticular) {
  EXPECT_EQ(
      std::get<CheckpointAlias>(ParseCheckpointName("jobs/a/checkpoints/latest").value().step),
      CheckpointAlias::kLatest);
}

TEST(ResourceNameTest, NamesThatAreNoCheckpointsAreRefused) {
  for (const char* name : {"jobs/a", "jobs/a/checkpoints/", "jobs/a/checkpoints/-1",
                           "jobs/a/checkpoints/4x", "jobs/A/checkpoints/4", "a/checkpoints/4"})
    EXPECT_EQ(ParseCheckpointName(name).status().code(), Code::kInvalidArgument) << name;
}

TEST(ResourceNameTest, LatestFindsTheNewestCheckpoint) {
  EXPECT_EQ(FindCheckpoint(MakeFullJob(), {"full-1", CheckpointAlias::kLatest}).value().step, 40);
}

TEST(ResourceNameTest, BestFindsTheLowestValidationLoss) {
  Job job = MakeFullJob();
  job.checkpoints[0].validation = {{EvaluationMetric::kLoss, 0.5}};
  job.checkpoints[1].validation = {{EvaluationMetric::kLoss, 0.75}};

  EXPECT_EQ(FindCheckpoint(job, {"full-1", CheckpointAlias::kBest}).value().step, 20);
}

TEST(ResourceNameTest, BestFindsTheHighestAccuracyIfTheSpecSaysSo) {
  Job job = MakeFullJob();
  job.spec.checkpoint.best_metric = EvaluationMetric::kAccuracy;
  job.checkpoints[0].validation = {{EvaluationMetric::kLoss, 0.5},
                                   {EvaluationMetric::kAccuracy, 0.75}};
  job.checkpoints[1].validation = {{EvaluationMetric::kLoss, 0.25},
                                   {EvaluationMetric::kAccuracy, 0.5}};

  EXPECT_EQ(FindCheckpoint(job, {"full-1", CheckpointAlias::kBest}).value().step, 20);
}

TEST(ResourceNameTest, WithoutAnEvaluationThereIsNoBest) {
  Job job = MakeFullJob();
  for (CheckpointRecord& checkpoint : job.checkpoints) checkpoint.validation.clear();

  EXPECT_EQ(FindCheckpoint(job, {"full-1", CheckpointAlias::kBest}).status().code(),
            Code::kNotFound);
}

TEST(ResourceNameTest, AStepFindsItsCheckpoint) {
  EXPECT_EQ(FindCheckpoint(MakeFullJob(), {"full-1", 20}).value().step, 20);
}

TEST(ResourceNameTest, AStepWithoutACheckpointIsAnsweredWithThoseThereAre) {
  const Status status = FindCheckpoint(MakeFullJob(), {"full-1", 30}).status();

  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_EQ(status.message(),
            "jobs/full-1 has no checkpoint \"30\": it has checkpoints at steps 20 40");
}

TEST(ResourceNameTest, AWorkerIsNamedByItsPoolAndWorldRank) {
  const WorkerName name = ParseWorkerName(WorkerNameOf("a/b", 12)).value();

  EXPECT_EQ(name.pool, "a/b");
  EXPECT_EQ(name.world_rank, 12);
}

TEST(ResourceNameTest, TextsThatNameNoWorkerAreRefused) {
  for (const char* text : {"", "pools/p", "pools/p/workers/", "pools/p/workers/x",
                           "pools//workers/1", "pools/p/workers/-1", "pools/p/workers/1/",
                           "p/workers/1", "jobs/p/workers/1", "pools/workers/1"})
    EXPECT_EQ(ParseWorkerName(text).status().code(), Code::kInvalidArgument) << text;
}

TEST(ListenAddressTest, HostAndPortArePartedAtTheLastColon) {
  const ListenAddress address = ListenAddress::Parse("[::1]:8080").value();

  EXPECT_EQ(address.host, "::1");
  EXPECT_EQ(address.port, 8080);
  EXPECT_EQ(address.ToString(), "[::1]:8080");
}

TEST(ListenAddressTest, TextsThatAreNoAddressesAreRefused) {
  for (const char* text : {"[[::1]]:80", "a]:80", "", "9090", ":9090", "localhost", "localhost:",
                           "localhost:x", "localhost:65536", "localhost:-1", "::1:80", "[]:80"})
    EXPECT_EQ(ListenAddress::Parse(text).status().code(), Code::kInvalidArgument) << text;
}

TEST(ListenAddressTest, OnlyLoopbackAddressesAreLoopback) {
  for (const char* host : {"127.0.0.1", "127.1.2.3", "::1", "localhost"})
    EXPECT_TRUE((ListenAddress{host, 1}).IsLoopback()) << host;
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "example.org", "127.example.org"})
    EXPECT_FALSE((ListenAddress{host, 1}).IsLoopback()) << host;
}

}  // namespace
}  // namespace descent
