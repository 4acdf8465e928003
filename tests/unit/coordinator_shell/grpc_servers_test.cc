#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

constexpr char kServing = 1;
constexpr char kNotServing = 2;

// What grpc.health.v1 says of a service; 0: something else. Its messages have one field each.
char HealthOf(const ListenAddress& address, const std::string& service) {
  grpc::GenericStub stub(
      grpc::CreateChannel(address.ToString(), grpc::InsecureChannelCredentials()));
  const grpc::Slice bytes(std::string("\x0a") + static_cast<char>(service.size()) + service);
  const grpc::ByteBuffer request(&bytes, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> promise;
  Call call;
  stub.UnaryCall(call(), "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](const grpc::Status& status) { promise.set_value(status); });
  if (!promise.get_future().get().ok()) return 0;
  std::vector<grpc::Slice> slices;
  std::string answer;
  EXPECT_TRUE(response.Dump(&slices).ok());
  for (const grpc::Slice& slice : slices)
    answer.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return answer.size() == 2 ? answer[1] : 0;
}

TEST_F(GrpcServersTest, ACreatedJobIsQueuedUnderItsName) {
  const v1::Job job = CreateJob("mine");

  EXPECT_EQ(job.name(), "jobs/mine");
  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
  EXPECT_EQ(job.queue_status().position(), 1);
}

TEST_F(GrpcServersTest, TheSameRequestIdMakesOneJob) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  request.set_request_id("once");
  v1::Job first;
  v1::Job second;

  ASSERT_TRUE(Create(request, &first).ok());
  ASSERT_TRUE(Create(request, &second).ok());

  EXPECT_EQ(first.name(), second.name());
}

TEST_F(GrpcServersTest, ARequestIdIsNotForTwoJobs) {
  JobSpec spec = MakeSpec();
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(spec);
  request.set_request_id("once");
  v1::Job job;
  ASSERT_TRUE(Create(request, &job).ok());
  ++spec.steps;
  *request.mutable_spec() = ToProto(spec);

  const grpc::Status status = Create(request, &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), "REQUEST_ID_REUSED");
  EXPECT_EQ(DetailOf<google::rpc::ResourceInfo>(status).resource_type(), "Job");
}

TEST_F(GrpcServersTest, ValidateOnlyCreatesNothing) {
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  request.set_job_id("dry");
  request.set_validate_only(true);
  v1::Job job;

  ASSERT_TRUE(Create(request, &job).ok());

  EXPECT_EQ(job.name(), "jobs/dry");
  EXPECT_EQ(ReasonOf(Get("jobs/dry", &job)), "JOB_NOT_FOUND");
}

TEST_F(GrpcServersTest, AnIdThatIsTakenIsRefused) {
  CreateJob("mine");
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  request.set_job_id("mine");
  v1::Job job;

  const grpc::Status status = Create(request, &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), "JOB_ID_TAKEN");
}

TEST_F(GrpcServersTest, AnInvalidSpecIsRefusedWithDetails) {
  v1::Job job;

  const grpc::Status status = Create({}, &job);

  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "SPEC_INVALID");
}

TEST_F(GrpcServersTest, ACancelledJobCannotBeCancelledAgain) {
  CreateJob("mine");
  v1::Job job;

  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  EXPECT_EQ(job.state(), v1::JOB_STATE_CANCELLED);

  EXPECT_EQ(ReasonOf(Cancel("jobs/mine", &job)), "JOB_STATE_FORBIDS");
}

TEST_F(GrpcServersTest, ADeletedJobIsUnknownAndItsNameIsFree) {
  CreateJob("mine");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());

  v1::DeleteJobRequest request;
  request.set_name("jobs/mine");
  v1::DeleteJobResponse response;
  ASSERT_TRUE(jobs_->DeleteJob(Call()(), request, &response).ok());

  EXPECT_EQ(ReasonOf(Get("jobs/mine", &job)), "JOB_NOT_FOUND");
  CreateJob("mine");
}

TEST_F(GrpcServersTest, TheEventsOfAJobComeInPages) {
  CreateJob("mine");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  v1::ListJobEventsRequest request;
  request.set_name("jobs/mine");
  request.set_page_size(1);
  v1::ListJobEventsResponse first, second, third;

  ASSERT_TRUE(jobs_->ListJobEvents(Call()(), request, &first).ok());
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(jobs_->ListJobEvents(Call()(), request, &second).ok());
  request.set_page_token(second.next_page_token());
  ASSERT_TRUE(jobs_->ListJobEvents(Call()(), request, &third).ok());

  ASSERT_EQ(first.events_size(), 1);
  EXPECT_EQ(first.events(0).type(), "Created");
  EXPECT_TRUE(first.has_more());
  ASSERT_EQ(second.events_size(), 1);
  EXPECT_EQ(second.events(0).to_state(), "CANCELLED");
  EXPECT_FALSE(second.has_more());
  EXPECT_EQ(third.events_size(), 0);
  EXPECT_EQ(third.next_page_token(), second.next_page_token());
}

TEST_F(GrpcServersTest, JobsAreListedNewestFirst) {
  CreateJob("older");
  CreateJob("newer");
  v1::ListJobsResponse list;

  ASSERT_TRUE(jobs_->ListJobs(Call()(), {}, &list).ok());

  ASSERT_EQ(list.jobs_size(), 2);
  EXPECT_EQ(list.jobs(0).name(), "jobs/newer");
}

TEST_F(GrpcServersTest, JobsSurviveARestart) {
  CreateJob("mine");
  Stop();
  Start();
  v1::Job job;

  ASSERT_TRUE(Get("jobs/mine", &job).ok());

  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
}

TEST_F(GrpcServersTest, AWatchShowsTheJobNowAndEndsWithItsLastState) {
  CreateJob("mine");
  Call call;
  v1::WatchJobsRequest request;
  request.set_name("jobs/mine");
  const auto watch = jobs_->WatchJobs(call(), request);
  v1::Job job;

  ASSERT_TRUE(watch->Read(&job));
  EXPECT_EQ(job.state(), v1::JOB_STATE_QUEUED);
  v1::Job cancelled;
  ASSERT_TRUE(Cancel("jobs/mine", &cancelled).ok());
  while (watch->Read(&job)) continue;

  EXPECT_EQ(job.state(), v1::JOB_STATE_CANCELLED);
  EXPECT_TRUE(watch->Finish().ok());
}

TEST_F(GrpcServersTest, AWatchOfAnUnknownJobIsNotFound) {
  Call call;
  v1::WatchJobsRequest request;
  request.set_name("jobs/nobody");
  const auto watch = jobs_->WatchJobs(call(), request);
  v1::Job job;

  EXPECT_FALSE(watch->Read(&job));
  EXPECT_EQ(ReasonOf(watch->Finish()), "JOB_NOT_FOUND");
}

TEST_F(GrpcServersTest, AStoppingCoordinatorEndsItsWatches) {
  CreateJob("mine");
  Call call;
  v1::WatchJobsRequest request;
  request.set_name("jobs/mine");
  const auto watch = jobs_->WatchJobs(call(), request);
  v1::Job job;
  ASSERT_TRUE(watch->Read(&job));

  servers_->Shutdown();

  while (watch->Read(&job)) continue;
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServersTest, AWorkerGetsTheWaitingJob) {
  CreateJob("mine");
  FakeWorker worker(*workers_);

  const Assign assign = worker.TakeJob();

  EXPECT_EQ(assign.job, "mine");
  EXPECT_EQ(assign.checkpoint_directory, (directory_.path() / "checkpoints" / "mine").string());
  v1::Job job;
  ASSERT_TRUE(Get("jobs/mine", &job).ok());
  EXPECT_EQ(job.state(), v1::JOB_STATE_RUNNING);
  EXPECT_EQ(job.progress().last_step(), 100);
}

TEST_F(GrpcServersTest, ReportedStepsCanBeQueried) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();
  ASSERT_TRUE(worker.Say(StepReports{
      "mine", assign.generation, {{.step = 1, .loss = 0.5}, {.step = 2, .loss = 0.25}}}));
  v1::QueryMetricsRequest request;
  request.set_job("jobs/mine");
  request.add_names("train/loss");
  v1::QueryMetricsResponse response;

  // The report is on its way: it is there soon.
  for (int i = 0; i < 200 && (response.series_size() == 0 || response.series(0).points_size() < 2);
       ++i) {
    ASSERT_TRUE(metrics_->QueryMetrics(Call()(), request, &response).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  ASSERT_EQ(response.series_size(), 1);
  ASSERT_EQ(response.series(0).points_size(), 2);
  EXPECT_EQ(response.series(0).points(1).step(), 2);
  EXPECT_EQ(response.series(0).points(1).value(), 0.25);
}

TEST_F(GrpcServersTest, AWorkerThatIsGoneLosesItsJob) {
  CreateJob("mine");
  {
    FakeWorker worker(*workers_);
    worker.TakeJob();
  }
  v1::Job job;

  for (int i = 0; i < 200 && job.state() != v1::JOB_STATE_RECOVERING; ++i) {
    ASSERT_TRUE(Get("jobs/mine", &job).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  EXPECT_EQ(job.state(), v1::JOB_STATE_RECOVERING);
}

TEST_F(GrpcServersTest, AWorkerMessageWithoutMeaningEndsItsStream) {
  Call call;
  const auto stream = workers_->Connect(call());

  ASSERT_TRUE(stream->Write(v1::WorkerMessage()));

  v1::CoordinatorMessage ignored;
  EXPECT_FALSE(stream->Read(&ignored));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcServersTest, TheClusterStatusShowsPoolsAndVersion) {
  FakeWorker worker(*workers_);
  ASSERT_TRUE(worker.Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 7}));
  v1::ClusterStatus status;

  for (int i = 0; i < 200 && status.pools_size() == 0; ++i) {
    ASSERT_TRUE(cluster_->GetClusterStatus(Call()(), {}, &status).ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

  EXPECT_EQ(status.version(), DESCENT_VERSION);
  EXPECT_EQ(status.http_address(), "127.0.0.1:8080");
  ASSERT_EQ(status.pools_size(), 1);
  EXPECT_EQ(status.pools(0).workers(0).pid(), 7);
}

TEST_F(GrpcServersTest, APortInUseIsNamedWithItsFlag) {
  const ListenAddress taken = servers_->user_address();
  const GrpcOptions options{taken, kAnyPort, "", std::nullopt};

  const Status status =
      GrpcServers::Start(options, *runtime_, *tokens_, *authenticator_, calls_).status();

  EXPECT_EQ(status.message(), "cannot listen on " + taken.ToString() +
                                  ": address in use; choose another with --listen");
}

TEST_F(GrpcServersTest, HealthIsToldOfEachService) {
  EXPECT_EQ(HealthOf(servers_->user_address(), "descent.v1.JobService"), kServing);
  EXPECT_EQ(HealthOf(servers_->worker_address(), "descent.v1.WorkerService"), kServing);

  servers_->SetServing(false);

  for (const char* service : {"", "descent.v1.JobService"})
    EXPECT_EQ(HealthOf(servers_->user_address(), service), kNotServing) << service;
}

}  // namespace
}  // namespace descent
