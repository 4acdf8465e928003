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
  v1::Job Suspend() {
    v1::SuspendJobRequest request;
    request.set_name("jobs/mine");
    v1::Job job;
    EXPECT_TRUE(jobs_->SuspendJob(Call()(), request, &job).ok());
    return job;
  }
  v1::Job Resume() {
    v1::ResumeJobRequest request;
    request.set_name("jobs/mine");
    v1::Job job;
    EXPECT_TRUE(jobs_->ResumeJob(Call()(), request, &job).ok());
    return job;
  }

  // The first `count` versions of a watch, and how it ended if it has fewer.
  struct Watched {
    std::vector<v1::Job> versions;
    grpc::Status status;
  };
  Watched Watch(std::size_t count, const std::string& resume_token) {
    Call call;
    v1::WatchJobsRequest request;
    request.set_name("jobs/mine");
    request.set_resume_token(resume_token);
    const auto stream = jobs_->WatchJobs(call(), request);
    Watched watched;
    v1::Job job;
    while (watched.versions.size() < count && stream->Read(&job)) watched.versions.push_back(job);
    if (watched.versions.size() == count) call()->TryCancel();
    watched.status = stream->Finish();
    return watched;
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

TEST_F(JobResourceTest, ACommandThatTheStateForbidsSaysWhichStatesAllowIt) {
  CreateJob("mine");
  v1::ResumeJobRequest request;
  request.set_name("jobs/mine");
  v1::Job job;

  const auto error = ErrorInfoOf(jobs_->ResumeJob(Call()(), request, &job));

  EXPECT_EQ(error.reason(), "JOB_STATE_FORBIDS");
  EXPECT_EQ(error.metadata().at("state"), "QUEUED");
  EXPECT_EQ(error.metadata().at("allowed"), "SUSPENDED");
}

TEST_F(JobResourceTest, AnIdThatIsTakenIsNamed) {
  CreateJob("mine");
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  request.set_job_id("mine");
  v1::Job job;

  const auto error = ErrorInfoOf(Create(request, &job));

  EXPECT_EQ(error.reason(), "JOB_ID_TAKEN");
  EXPECT_EQ(error.metadata().at("job"), "mine");
}

TEST_F(JobResourceTest, ANameOfAnotherFormIsTold) {
  v1::Job job;

  const auto error = ErrorInfoOf(Get("mine", &job));

  EXPECT_EQ(error.reason(), "NAME_INVALID");
  EXPECT_EQ(error.metadata().at("name"), "mine");
}

TEST_F(JobResourceTest, AVeryLongNameIsRefusedWithItsReason) {
  v1::Job job;

  const grpc::Status status = Get("jobs/" + std::string(20'000, 'X'), &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "NAME_INVALID");
}

TEST_F(JobResourceTest, HundredsOfProblemsAreRefusedWithTheFirst) {
  v1::CreateJobRequest request;
  std::string file = "name: a\n";
  for (int i = 0; i < 500; ++i) file += std::string(60, 'x') + std::to_string(i) + ": 1\n";
  request.set_job_file(file);
  v1::Job job;

  const grpc::Status status = Create(request, &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "SPEC_INVALID");
}

TEST_F(JobResourceTest, TheLineOfAJobFileThatIsWrongIsTold) {
  v1::CreateJobRequest request;
  request.set_job_file("name: a\nstebs: 5\n");
  v1::Job job;

  const auto error = ErrorInfoOf(Create(request, &job));

  EXPECT_EQ(error.reason(), "SPEC_INVALID");
  EXPECT_EQ(error.metadata().at("line"), "2");
  EXPECT_EQ(error.metadata().at("column"), "1");
}

TEST_F(JobResourceTest, TheColumnIsOfTheFirstFieldThatIsWrong) {
  v1::CreateJobRequest request;
  request.set_job_file("name: a\nworkers: {max: 0}\nsead: 3\n");
  v1::Job job;

  const auto error = ErrorInfoOf(Create(request, &job));

  EXPECT_EQ(error.metadata().at("line"), "2");
  EXPECT_EQ(error.metadata().at("column"), "11");
  EXPECT_EQ(error.metadata().at("did_you_mean"), "seed");
}

TEST_F(JobResourceTest, ASpecThatIsWrongHasNoLine) {
  v1::CreateJobRequest request;
  request.mutable_spec()->set_name("a");
  v1::Job job;

  const auto error = ErrorInfoOf(Create(request, &job));

  EXPECT_EQ(error.reason(), "SPEC_INVALID");
  EXPECT_FALSE(error.metadata().contains("line"));
  EXPECT_FALSE(error.metadata().contains("column"));
}

TEST_F(JobResourceTest, AWatchThatGoesOnShowsTheStatesInBetween) {
  CreateJob("mine");
  const Watched before = Watch(1, "");
  Suspend();
  Resume();
  Suspend();

  const Watched after = Watch(3, before.versions.at(0).resume_token());

  ASSERT_EQ(after.versions.size(), 3u) << after.status.error_message();
  EXPECT_EQ(after.versions[0].state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_EQ(after.versions[1].state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(after.versions[2].state(), v1::JOB_STATE_SUSPENDED);
}

TEST_F(JobResourceTest, AWatchThatGoesOnMissesNoneOfManyStates) {
  CreateJob("mine");
  const Watched before = Watch(1, "");
  for (int i = 0; i < 60; ++i) {
    Suspend();
    Resume();
  }

  const Watched after = Watch(120, before.versions.at(0).resume_token());

  ASSERT_EQ(after.versions.size(), 120u) << after.status.error_message();
  for (std::size_t i = 0; i < after.versions.size(); ++i)
    EXPECT_EQ(after.versions[i].state(),
              i % 2 == 0 ? v1::JOB_STATE_SUSPENDED : v1::JOB_STATE_QUEUED);
}

TEST_F(JobResourceTest, AWatchGoesOnAfterARestart) {
  CreateJob("mine");
  const Watched before = Watch(1, "");
  Suspend();
  Resume();
  Stop();
  Start();

  const Watched after = Watch(2, before.versions.at(0).resume_token());

  ASSERT_EQ(after.versions.size(), 2u) << after.status.error_message();
  EXPECT_EQ(after.versions[0].state(), v1::JOB_STATE_SUSPENDED);
  EXPECT_EQ(after.versions[1].state(), v1::JOB_STATE_QUEUED);
}

TEST_F(JobResourceTest, AWatchThatMissedNothingGoesOnWithTheJobAsItIs) {
  CreateJob("mine");
  const Watched before = Watch(1, "");

  const Watched after = Watch(1, before.versions.at(0).resume_token());

  ASSERT_EQ(after.versions.size(), 1u) << after.status.error_message();
  EXPECT_EQ(after.versions[0].state(), v1::JOB_STATE_QUEUED);
}

TEST_F(JobResourceTest, AWatchOfADeletedJobDoesNotGoOnWithItsSuccessor) {
  CreateJob("mine");
  const Watched before = Watch(1, "");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  ASSERT_TRUE(Delete("").ok());
  CreateJob("mine");

  const Watched after = Watch(1, before.versions.at(0).resume_token());

  EXPECT_EQ(after.status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(ReasonOf(after.status), "CURSOR_EXPIRED");
}

TEST_F(JobResourceTest, AResumeTokenOfAnotherFormIsRefused) {
  CreateJob("mine");

  EXPECT_EQ(ReasonOf(Watch(1, "17").status), "PAGE_TOKEN_INVALID");
}

}  // namespace
}  // namespace descent
