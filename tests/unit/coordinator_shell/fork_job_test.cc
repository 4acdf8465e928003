#include "tests/unit/coordinator_shell/checkpoint_fixture.h"

namespace descent {
namespace {

class ForkJobTest : public CheckpointServiceTest {
 protected:
  v1::ForkJobRequest RequestOf(const std::string& name) {
    v1::ForkJobRequest request;
    request.set_name(name);
    return request;
  }
  grpc::Status Fork(const v1::ForkJobRequest& request) {
    return jobs_->ForkJob(Call()(), request, &job_);
  }

  v1::Job job_;
};

TEST_F(ForkJobTest, ItHasTheSpecOfItsJobButForTheOverrides) {
  v1::ForkJobRequest request = RequestOf("jobs/mine");
  request.add_overrides("name=child");
  (*request.mutable_labels())["team"] = "nlp";
  request.set_suspended(true);
  v1::Job parent;
  ASSERT_TRUE(Get("jobs/mine", &parent).ok());

  const grpc::Status status = Fork(request);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(job_.forked_from(), "jobs/mine/checkpoints/10");
  EXPECT_EQ(job_.spec().name(), "child");
  EXPECT_EQ(job_.state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_EQ(job_.spec().model().SerializeAsString(), parent.spec().model().SerializeAsString());
  EXPECT_EQ(job_.labels().at("team"), "nlp");
}

TEST_F(ForkJobTest, TheSameRequestAgainIsAnsweredWithItsJob) {
  v1::ForkJobRequest request = RequestOf("jobs/mine");
  request.set_checkpoint("10");
  request.set_request_id("once");
  ASSERT_TRUE(Fork(request).ok());
  const std::string name = job_.name();

  const grpc::Status status = Fork(request);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(job_.name(), name);
}

TEST_F(ForkJobTest, ValidatedOnlyItIsNotMade) {
  v1::ForkJobRequest request = RequestOf("jobs/mine");
  request.set_job_id("child");
  request.set_validate_only(true);

  const grpc::Status status = Fork(request);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(job_.forked_from(), "jobs/mine/checkpoints/10");
  EXPECT_EQ(ReasonOf(Get("jobs/child", &job_)), "JOB_NOT_FOUND");
}

TEST_F(ForkJobTest, WhatItCannotStartFromIsRefused) {
  EXPECT_EQ(ReasonOf(Fork(RequestOf("mine"))), "NAME_INVALID");
  EXPECT_EQ(ReasonOf(Fork(RequestOf("jobs/nobody"))), "JOB_NOT_FOUND");
  v1::ForkJobRequest request = RequestOf("jobs/mine");
  request.set_checkpoint("11");
  EXPECT_EQ(ReasonOf(Fork(request)), "CHECKPOINT_NOT_FOUND");
  request.set_checkpoint("newest");
  EXPECT_EQ(ReasonOf(Fork(request)), "NAME_INVALID");
  request.set_checkpoint("10");
  request.add_overrides("seed=12345");
  EXPECT_EQ(ReasonOf(Fork(request)), "MODEL_MISMATCH");
}

}  // namespace
}  // namespace descent
