#include "coordinator/grpc_servers.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/error_details.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "common/limits.h"
#include "google/rpc/status.pb.h"
#include "proto/wire.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

constexpr std::chrono::seconds kDeadline{20};
const ListenAddress kAnyPort{"127.0.0.1", 0};

// The context of one call, with a deadline. Call()() lives until the end of its statement.
class Call {
 public:
  Call() { context_.set_deadline(std::chrono::system_clock::now() + kDeadline); }
  grpc::ClientContext* operator()() { return &context_; }

 private:
  grpc::ClientContext context_;
};

std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo error_info;
  if (!grpc::ExtractErrorDetails(status, &details).ok() || details.details_size() == 0) return "";
  details.details(0).UnpackTo(&error_info);
  return error_info.reason();
}

// A coordinator over a directory of its own, without HTTP, and clients of its services.
class GrpcServersTest : public testing::Test {
 protected:
  GrpcServersTest() { Start(); }
  ~GrpcServersTest() override { Stop(); }

  void Start() {
    Result<std::unique_ptr<Runtime>> runtime = Runtime::Start(
        directory_.path(), {.checkpoint_root = (directory_.path() / "checkpoints").string()});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = std::move(runtime).value();
    const GrpcOptions options{kAnyPort, kAnyPort, "127.0.0.1:8080"};
    Result<std::unique_ptr<GrpcServers>> servers = GrpcServers::Start(options, *runtime_);
    ASSERT_TRUE(servers.ok()) << servers.status();
    servers_ = std::move(servers).value();
    const auto users = grpc::CreateChannel(servers_->user_address().ToString(),
                                           grpc::InsecureChannelCredentials());
    const auto workers = grpc::CreateChannel(servers_->worker_address().ToString(),
                                             grpc::InsecureChannelCredentials());
    jobs_ = v1::JobService::NewStub(users);
    metrics_ = v1::MetricService::NewStub(users);
    checkpoints_ = v1::CheckpointService::NewStub(users);
    cluster_ = v1::ClusterService::NewStub(users);
    workers_ = v1::WorkerService::NewStub(workers);
  }

  void Stop() {
    servers_->Shutdown();
    servers_.reset();
    runtime_.reset();
  }

  grpc::Status Create(const v1::CreateJobRequest& request, v1::Job* job) {
    return jobs_->CreateJob(Call()(), request, job);
  }
  v1::Job CreateJob(const std::string& id) {
    v1::CreateJobRequest request;
    *request.mutable_spec() = ToProto(MakeSpec());
    request.set_job_id(id);
    v1::Job job;
    const grpc::Status status = Create(request, &job);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return job;
  }
  grpc::Status Get(const std::string& name, v1::Job* job) {
    v1::GetJobRequest request;
    request.set_name(name);
    return jobs_->GetJob(Call()(), request, job);
  }
  grpc::Status Cancel(const std::string& name, v1::Job* job) {
    v1::CancelJobRequest request;
    request.set_name(name);
    return jobs_->CancelJob(Call()(), request, job);
  }

  const TemporaryDirectory directory_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<GrpcServers> servers_;
  std::unique_ptr<v1::JobService::Stub> jobs_;
  std::unique_ptr<v1::MetricService::Stub> metrics_;
  std::unique_ptr<v1::CheckpointService::Stub> checkpoints_;
  std::unique_ptr<v1::ClusterService::Stub> cluster_;
  std::unique_ptr<v1::WorkerService::Stub> workers_;
};

// A worker that is alone in its pool and does what a test tells it to.
class FakeWorker {
 public:
  explicit FakeWorker(v1::WorkerService::Stub& stub) : stream_(stub.Connect(call_())) {}

  bool Say(const WorkerMessage& message) { return stream_->Write(ToProto(message)); }

  // The next message, which must be a T.
  template <typename T>
  T Hear() {
    v1::CoordinatorMessage encoded;
    EXPECT_TRUE(stream_->Read(&encoded));
    const Result<CoordinatorMessage> message = FromProto(encoded);
    EXPECT_TRUE(message.ok() && std::holds_alternative<T>(message.value())) << message.status();
    return std::get<T>(message.value());
  }
  grpc::Status ReadToTheEnd() {
    v1::CoordinatorMessage ignored;
    while (stream_->Read(&ignored)) continue;
    return stream_->Finish();
  }

  // Registers, prepares what is assigned and waits for the first grant.
  Assign TakeJob() {
    EXPECT_TRUE(Say(Register{.pool = "pool", .world_size = 1, .host = "host", .pid = 1}));
    const Assign assign = Hear<Assign>();
    EXPECT_TRUE(Say(Prepared{.job = assign.job,
                             .generation = assign.generation,
                             .train_samples = 6400,
                             .parameter_count = 10,
                             .instruction_set = "avx2"}));
    Hear<Begin>();
    Hear<GrantSteps>();
    return assign;
  }

 private:
  Call call_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::WorkerMessage, v1::CoordinatorMessage>> stream_;
};

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
  const GrpcOptions options{taken, kAnyPort, ""};

  const Status status = GrpcServers::Start(options, *runtime_).status();

  EXPECT_EQ(status.message(), "cannot listen on " + taken.ToString() +
                                  ": address in use; choose another with --listen");
}

// A job with a checkpoint on disk.
class CheckpointServiceTest : public GrpcServersTest {
 protected:
  CheckpointServiceTest() {
    CreateJob("mine");
    EXPECT_TRUE(MakeDirectories(checkpoint_).ok());
    EXPECT_TRUE(WriteNewFile(checkpoint_ / "model.safetensors", bytes_).ok());
    const Assign assign = worker_.TakeJob();
    EXPECT_TRUE(worker_.Say(CheckpointWritten{.job = "mine",
                                              .generation = assign.generation,
                                              .step = 10,
                                              .directory = checkpoint_.string(),
                                              .bytes = std::ssize(bytes_)}));
    v1::ListCheckpointsRequest request;
    request.set_job("jobs/mine");
    for (int i = 0; i < 200 && list_.checkpoints_size() == 0; ++i) {
      EXPECT_TRUE(checkpoints_->ListCheckpoints(Call()(), request, &list_).ok());
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  // What is downloaded; `status` says how it ended.
  std::string Download(const std::string& name, const std::string& file, std::int64_t offset) {
    Call call;
    v1::DownloadCheckpointRequest request;
    request.set_name(name);
    request.set_file(file);
    request.set_offset(offset);
    const auto chunks = checkpoints_->DownloadCheckpoint(call(), request);
    v1::DownloadCheckpointResponse chunk;
    std::string downloaded;
    while (chunks->Read(&chunk)) {
      EXPECT_LE(chunk.data().size(), limits::kChunkBytes);
      downloaded += chunk.data();
    }
    status_ = chunks->Finish();
    return downloaded;
  }

  const std::string bytes_ = std::string(2 * limits::kChunkBytes, 'x') + "end";
  const std::filesystem::path checkpoint_ = directory_.path() / "checkpoints" / "mine" / "step-10";
  FakeWorker worker_{*workers_};
  v1::ListCheckpointsResponse list_;
  grpc::Status status_;
};

TEST_F(CheckpointServiceTest, ACheckpointIsListedWithItsFiles) {
  ASSERT_EQ(list_.checkpoints_size(), 1);
  EXPECT_EQ(list_.checkpoints(0).name(), "jobs/mine/checkpoints/10");
  ASSERT_EQ(list_.checkpoints(0).files_size(), 1);
  EXPECT_EQ(list_.checkpoints(0).files(0), "model.safetensors");
}

TEST_F(CheckpointServiceTest, TheLatestCheckpointIsDownloadedWhole) {
  EXPECT_EQ(Download("jobs/mine/checkpoints/latest", "model.safetensors", 0), bytes_);
  EXPECT_TRUE(status_.ok()) << status_.error_message();
}

TEST_F(CheckpointServiceTest, ADownloadGoesOnFromItsOffset) {
  EXPECT_EQ(Download("jobs/mine/checkpoints/10", "model.safetensors", 2 * limits::kChunkBytes),
            "end");
}

TEST_F(CheckpointServiceTest, AnOffsetBeyondTheEndIsRefused) {
  Download("jobs/mine/checkpoints/10", "model.safetensors", std::ssize(bytes_) + 1);

  EXPECT_EQ(status_.error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(CheckpointServiceTest, OnlyTheCheckpointsFilesCanBeDownloaded) {
  Download("jobs/mine/checkpoints/10", "../../../state.db", 0);

  EXPECT_EQ(ReasonOf(status_), "FILE_NOT_FOUND");
}

TEST_F(CheckpointServiceTest, AnotherStepIsNotFound) {
  Download("jobs/mine/checkpoints/11", "model.safetensors", 0);

  EXPECT_EQ(ReasonOf(status_), "CHECKPOINT_NOT_FOUND");
}

}  // namespace
}  // namespace descent
