#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/support/error_details.h>
#include <gtest/gtest.h>

#include "coordinator/grpc_servers.h"
#include "google/rpc/status.pb.h"
#include "proto/wire.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {

inline constexpr std::chrono::seconds kDeadline{20};
inline const ListenAddress kAnyPort{"127.0.0.1", 0};

// The context of one call, with a deadline. Call()() lives until the end of its statement.
class Call {
 public:
  Call() { context_.set_deadline(std::chrono::system_clock::now() + kDeadline); }
  grpc::ClientContext* operator()() { return &context_; }

 private:
  grpc::ClientContext context_;
};

// Of the error's details; empty if there is none.
inline google::rpc::ErrorInfo ErrorInfoOf(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo error_info;
  if (grpc::ExtractErrorDetails(status, &details).ok() && details.details_size() > 0)
    details.details(0).UnpackTo(&error_info);
  return error_info;
}
inline std::string ReasonOf(const grpc::Status& status) { return ErrorInfoOf(status).reason(); }

// The detail of that type in an error; empty if there is none.
template <typename Detail>
Detail DetailOf(const grpc::Status& status) {
  google::rpc::Status details;
  Detail detail;
  EXPECT_TRUE(grpc::ExtractErrorDetails(status, &details).ok());
  for (const google::protobuf::Any& packed : details.details())
    if (packed.UnpackTo(&detail)) return detail;
  return Detail();
}

// A coordinator over a directory of its own, without HTTP, and clients of its services.
class GrpcServersTest : public testing::Test {
 protected:
  explicit GrpcServersTest(Admission admission = Admission::kEverybody,
                           const UserLimits& limits = {})
      : admission_(admission), limits_(limits) {
    Start();
  }
  ~GrpcServersTest() override { Stop(); }

  void Start() {
    Result<std::unique_ptr<Runtime>> runtime = Runtime::Start(
        directory_.path(), {.checkpoint_root = (directory_.path() / "checkpoints").string()});
    ASSERT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = std::move(runtime).value();
    Result<std::unique_ptr<TokenStore>> tokens = TokenStore::Open(runtime_->store_path());
    ASSERT_TRUE(tokens.ok()) << tokens.status();
    tokens_ = std::move(tokens).value();
    authenticator_ = std::make_unique<Authenticator>(*tokens_, admission_);
    const GrpcOptions options{kAnyPort, kAnyPort, "127.0.0.1:8080", std::nullopt,
                              "",       limits_,  worker_program_,  bookmark_interval_};
    Result<std::unique_ptr<GrpcServers>> servers =
        GrpcServers::Start(options, *runtime_, *tokens_, *authenticator_, calls_);
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
    tokens_.reset();
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

  const Admission admission_;
  const UserLimits limits_;
  const TemporaryDirectory directory_;
  const std::filesystem::path worker_program_ = directory_.path() / "worker";  // not there
  std::chrono::milliseconds bookmark_interval_{15'000};  // from the next Start on
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<TokenStore> tokens_;
  std::unique_ptr<Authenticator> authenticator_;
  CallCounters calls_;
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

  // One with a sequence is acknowledged.
  bool Say(const WorkerMessage& message, std::int64_t sequence = 0) {
    v1::WorkerMessage encoded = ToProto(message);
    encoded.set_sequence(sequence);
    return stream_->Write(encoded);
  }

  // The next message, which must be a T.
  template <typename T>
  T Hear() {
    v1::CoordinatorMessage encoded;
    EXPECT_TRUE(stream_->Read(&encoded));
    const Result<CoordinatorMessage> message = FromProto(encoded);
    EXPECT_TRUE(message.ok() && std::holds_alternative<T>(message.value())) << message.status();
    return std::get<T>(message.value());
  }
  // The next message that is a T; those before it are passed over.
  template <typename T>
  T HearNext() {
    v1::CoordinatorMessage encoded;
    while (stream_->Read(&encoded)) {
      const Result<CoordinatorMessage> message = FromProto(encoded);
      if (message.ok() && std::holds_alternative<T>(message.value()))
        return std::get<T>(message.value());
    }
    ADD_FAILURE() << "the stream is at its end";
    return T();
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

}  // namespace descent
