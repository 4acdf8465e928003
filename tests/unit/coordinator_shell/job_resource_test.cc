#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

class JobResourceTest : public GrpcServersTest {
 protected:
  grpc::Status SetPriority(int priority, const std::string& etag, v1::Job* job) {
    v1::UpdateJobRequest request;
    request.set_name("jobs/mine");
    request.set_priority(priority);
    request.set_etag(etag);
    return jobs_->UpdateJob(Call()(), request, job);
  }
  grpc::Status Delete(const std::string& etag) {
    v1::DeleteJobRequest request;
    request.set_name("jobs/mine");
    request.set_etag(etag);
    v1::DeleteJobResponse response;
    return jobs_->DeleteJob(Call()(), request, &response);
  }
};

TEST_F(JobResourceTest, AnUpdateOfTheVersionThatIsMeantGivesAnotherEtag) {
  const v1::Job created = CreateJob("mine");
  v1::Job updated;

  ASSERT_TRUE(SetPriority(60, created.etag(), &updated).ok());

  EXPECT_EQ(updated.priority(), 60);
  EXPECT_NE(updated.etag(), created.etag());
}

TEST_F(JobResourceTest, AnUpdateOfAnOlderVersionChangesNothing) {
  const v1::Job created = CreateJob("mine");
  v1::Job updated;
  ASSERT_TRUE(SetPriority(60, "", &updated).ok());
  v1::Job job;

  const grpc::Status status = SetPriority(70, created.etag(), &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonOf(status), "ETAG_MISMATCH");
  ASSERT_TRUE(Get("jobs/mine", &job).ok());
  EXPECT_EQ(job.priority(), 60);
  EXPECT_EQ(job.etag(), updated.etag());
}

TEST_F(JobResourceTest, AChangeOfStateGivesAnotherEtag) {
  const v1::Job created = CreateJob("mine");
  v1::Job cancelled;

  ASSERT_TRUE(Cancel("jobs/mine", &cancelled).ok());

  EXPECT_NE(cancelled.etag(), created.etag());
}

TEST_F(JobResourceTest, AnEtagSurvivesARestart) {
  const v1::Job created = CreateJob("mine");
  Stop();
  Start();
  v1::Job job;

  ASSERT_TRUE(Get("jobs/mine", &job).ok());

  EXPECT_EQ(job.etag(), created.etag());
}

TEST_F(JobResourceTest, ADeletionOfAnOlderVersionDeletesNothing) {
  const v1::Job created = CreateJob("mine");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());

  EXPECT_EQ(ReasonOf(Delete(created.etag())), "ETAG_MISMATCH");

  EXPECT_TRUE(Get("jobs/mine", &job).ok());
  EXPECT_TRUE(Delete(job.etag()).ok());
}

TEST_F(JobResourceTest, AJobOfTheSameNameHasAnotherUid) {
  const v1::Job first = CreateJob("mine");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  ASSERT_TRUE(Delete("").ok());

  const v1::Job second = CreateJob("mine");

  EXPECT_EQ(first.uid().size(), 32u);
  EXPECT_NE(second.uid(), first.uid());
}

}  // namespace
}  // namespace descent
