#include "coordinator/job_refusal.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

Status Forbidden() { return Status(Code::kFailedPrecondition, "job a is in another state"); }

TEST(JobRefusalTest, AForbiddenCommandSaysTheStateAndThoseThatAllowIt) {
  const Job job = MakeJob("a", 1);

  const RequestError error = RefuseJob(Forbidden(), "a", &job, JobCommand::kResume);

  EXPECT_EQ(error.reason, "JOB_STATE_FORBIDS");
  EXPECT_EQ(error.metadata.at("job"), "a");
  EXPECT_EQ(error.metadata.at("state"), "QUEUED");
  EXPECT_EQ(error.metadata.at("allowed"), "SUSPENDED");
}

TEST(JobRefusalTest, StoppingAWaitingJobIsAllowedOnceItHasACheckpoint) {
  Job job = MakeJob("a", 1);
  job.state = JobState::kStarting;
  EXPECT_EQ(RefuseJob(Forbidden(), "a", &job, JobCommand::kStop).metadata.at("allowed"),
            "RUNNING,STOPPING");

  job.checkpoints.push_back({.step = 10});

  EXPECT_EQ(RefuseJob(Forbidden(), "a", &job, JobCommand::kStop).metadata.at("allowed"),
            "QUEUED,RUNNING,RECOVERING,SUSPENDED,STOPPING");
}

TEST(JobRefusalTest, ADeletionThatTheStateAllowsIsRefusedForItsCheckpoints) {
  Job job = MakeJob("a", 1);
  job.state = JobState::kSucceeded;

  EXPECT_EQ(RefuseJob(Forbidden(), "a", &job, JobCommand::kDelete).reason, "CHECKPOINT_IN_USE");
}

TEST(JobRefusalTest, AnEtagThatIsOutOfDateIsAnsweredWithTheNewOne) {
  const Job job = MakeJob("a", 1);

  const RequestError error = RefuseJob(Status(Code::kAborted, "changed"), "a", &job);

  EXPECT_EQ(error.reason, "ETAG_MISMATCH");
  EXPECT_EQ(error.metadata.at("etag"), EtagOf(job));
}

TEST(JobRefusalTest, AnUnknownJobIsNamed) {
  const RequestError error = JobNotFound("a");

  EXPECT_EQ(error.reason, "JOB_NOT_FOUND");
  EXPECT_EQ(error.metadata.at("job"), "a");
  ASSERT_TRUE(error.resource.has_value());
  EXPECT_EQ(error.resource->name, "jobs/a");
}

}  // namespace
}  // namespace descent
