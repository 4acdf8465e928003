#include "common/file.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

v1::CreateJobRequest RequestOf(const std::string& job_id, bool validate_only = false) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  request.set_job_id(job_id);
  request.set_validate_only(validate_only);
  return request;
}

// A coordinator whose callers may have one unfinished job together.
class CreateJobTest : public GrpcServersTest {
 protected:
  CreateJobTest() : GrpcServersTest(Admission::kEverybody, {.live_jobs_max = 1}) {}

  std::string ReasonAgainst(const v1::CreateJobRequest& request) {
    v1::Job job;
    return ReasonOf(Create(request, &job));
  }
};

TEST_F(CreateJobTest, TheIdOfCheckpointsThatWereKeptIsNotGivenAgain) {
  const std::filesystem::path kept = directory_.path() / "checkpoints" / "mine";
  ASSERT_TRUE(MakeDirectories(kept / "step-10").ok());
  v1::Job job;

  const grpc::Status status = Create(RequestOf("mine"), &job);

  EXPECT_EQ(ReasonOf(status), "JOB_ID_TAKEN");
  EXPECT_NE(status.error_message().find(kept.string()), std::string::npos)
      << status.error_message();
  EXPECT_EQ(ReasonAgainst(RequestOf("mine", /*validate_only=*/true)), "JOB_ID_TAKEN");
  EXPECT_TRUE(Create(RequestOf("other"), &job).ok());
}

TEST_F(CreateJobTest, ARepetitionIsAnsweredThoughItsJobHasCheckpoints) {
  v1::CreateJobRequest request = RequestOf("mine");
  request.set_request_id("once");
  v1::Job first, second;
  ASSERT_TRUE(Create(request, &first).ok());
  ASSERT_TRUE(MakeDirectories(directory_.path() / "checkpoints" / "mine").ok());

  const grpc::Status status = Create(request, &second);

  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(second.uid(), first.uid());
}

TEST_F(CreateJobTest, ASuspendedOneIsInTheQueueOnceItIsResumed) {
  v1::CreateJobRequest request = RequestOf("mine", /*validate_only=*/true);
  request.set_suspended(true);
  v1::Job preview, created, resumed;
  ASSERT_TRUE(Create(request, &preview).ok());
  EXPECT_EQ(preview.state(), v1::JOB_STATE_SUSPENDED);

  request.set_validate_only(false);
  ASSERT_TRUE(Create(request, &created).ok());
  v1::ResumeJobRequest resume;
  resume.set_name("jobs/mine");
  ASSERT_TRUE(jobs_->ResumeJob(Call()(), resume, &resumed).ok());

  EXPECT_EQ(created.state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_FALSE(created.has_queue_status());
  EXPECT_EQ(resumed.state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(resumed.queue_status().position(), 1);
}

TEST_F(CreateJobTest, AValidationSaysThatAnIdIsTaken) {
  CreateJob("mine");

  EXPECT_EQ(ReasonAgainst(RequestOf("mine", /*validate_only=*/true)), "JOB_ID_TAKEN");
}

TEST_F(CreateJobTest, AValidationSaysThatAQuotaIsUsedUp) {
  CreateJob("mine");

  EXPECT_EQ(ReasonAgainst(RequestOf("other", /*validate_only=*/true)), "QUOTA_EXCEEDED");
}

TEST_F(CreateJobTest, AValidationSaysThatARequestIdMadeAnotherJob) {
  v1::CreateJobRequest request = RequestOf("mine");
  request.set_request_id("once");
  v1::Job job;
  ASSERT_TRUE(Create(request, &job).ok());
  request.set_validate_only(true);
  EXPECT_EQ(ReasonAgainst(request), "");

  request.mutable_spec()->set_steps(request.spec().steps() + 1);

  EXPECT_EQ(ReasonAgainst(request), "REQUEST_ID_REUSED");
}

}  // namespace
}  // namespace descent
