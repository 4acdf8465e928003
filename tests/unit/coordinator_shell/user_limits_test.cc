#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

// A coordinator that asks for tokens and allows little: two streams, one of a user, one unfinished
// job, and a change a second.
class UserLimitsTest : public GrpcServersTest {
 protected:
  UserLimitsTest()
      : GrpcServersTest(Admission::kTokens, {.streams_max = 2,
                                             .streams_of_user_max = 1,
                                             .changes_per_second = 1,
                                             .changes_burst = 3,
                                             .live_jobs_max = 1}) {}

  Token MakeToken(const std::string& name, Role role) {
    const NewToken made = tokens_->Create(name, role, 0, SecondsOfCalendar()).value();
    secrets_[name] = made.secret;
    return made.token;
  }
  grpc::ClientContext* As(const std::string& name, Call& call) {
    call()->AddMetadata("authorization", "Bearer " + secrets_.at(name));
    return call();
  }
  grpc::Status CreateAs(const std::string& name, const std::string& job_id,
                        const std::string& request_id = "") {
    Call call;
    v1::CreateJobRequest request;
    *request.mutable_spec() = ToProto(MakeSpec());
    request.set_job_id(job_id);
    request.set_request_id(request_id);
    v1::Job job;
    return jobs_->CreateJob(As(name, call), request, &job);
  }
  grpc::Status CancelAs(const std::string& name, const std::string& job_name) {
    Call call;
    v1::CancelJobRequest request;
    request.set_name(job_name);
    v1::Job job;
    return jobs_->CancelJob(As(name, call), request, &job);
  }
  std::unique_ptr<grpc::ClientReader<v1::Job>> WatchAs(const std::string& name, Call& call) {
    v1::WatchJobsRequest request;
    request.set_name("jobs/mine");
    return jobs_->WatchJobs(As(name, call), request);
  }
  static grpc::Status ReadToTheEnd(grpc::ClientReader<v1::Job>& watch) {
    v1::Job ignored;
    while (watch.Read(&ignored)) continue;
    return watch.Finish();
  }
  // Whether a watch finds room: the coordinator hears of the end of others a little later.
  bool IsServedSoon(const std::string& name) {
    bool is_served = false;
    for (int i = 0; i < 500 && !is_served; ++i) {
      v1::Job job;
      Call call;
      const auto watch = WatchAs(name, call);
      is_served = watch->Read(&job);
      call()->TryCancel();
      ReadToTheEnd(*watch);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return is_served;
  }

  std::map<std::string, std::string> secrets_;
};

TEST_F(UserLimitsTest, AStreamBeyondThoseOfAUserIsRefusedWithATimeToComeBack) {
  MakeToken("alice", Role::kUser);
  ASSERT_TRUE(CreateAs("alice", "mine").ok());
  Call first_call, second_call;
  v1::Job job;
  const auto first = WatchAs("alice", first_call);
  ASSERT_TRUE(first->Read(&job));

  const grpc::Status refused = ReadToTheEnd(*WatchAs("alice", second_call));

  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_STREAMS");
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(refused).retry_delay().seconds(), 0);
  first_call()->TryCancel();
}

TEST_F(UserLimitsTest, AStreamThatHasEndedMakesRoomForAnother) {
  MakeToken("alice", Role::kUser);
  ASSERT_TRUE(CreateAs("alice", "mine").ok());
  v1::Job job;
  {
    Call call;
    const auto watch = WatchAs("alice", call);
    ASSERT_TRUE(watch->Read(&job));
    call()->TryCancel();
    ReadToTheEnd(*watch);
  }

  EXPECT_TRUE(IsServedSoon("alice"));
}

TEST_F(UserLimitsTest, AnUnfinishedJobBeyondTheQuotaIsRefused) {
  MakeToken("alice", Role::kUser);
  ASSERT_TRUE(CreateAs("alice", "mine", "once").ok());

  const grpc::Status refused = CreateAs("alice", "other");

  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(refused), "QUOTA_EXCEEDED");
  const auto quota = DetailOf<google::rpc::QuotaFailure>(refused);
  ASSERT_EQ(quota.violations_size(), 1);
  EXPECT_EQ(quota.violations(0).subject(), "user:alice");
  EXPECT_EQ(quota.violations(0).description(), refused.error_message());
  EXPECT_TRUE(CreateAs("alice", "mine", "once").ok());
}

TEST_F(UserLimitsTest, AJobThatIsCancelledMakesRoomForAnother) {
  MakeToken("alice", Role::kUser);
  ASSERT_TRUE(CreateAs("alice", "mine").ok());
  ASSERT_TRUE(CancelAs("alice", "jobs/mine").ok());

  EXPECT_TRUE(CreateAs("alice", "other").ok());
}

TEST_F(UserLimitsTest, WhoChangesTooMuchTooFastIsTold) {
  MakeToken("alice", Role::kUser);
  grpc::Status status;

  for (int i = 0; i < 200 && ReasonOf(status) != "RATE_LIMITED"; ++i)
    status = CancelAs("alice", "jobs/nobody");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "RATE_LIMITED");
  const auto delay = DetailOf<google::rpc::RetryInfo>(status).retry_delay();
  EXPECT_GT(delay.seconds() + delay.nanos(), 0);
}

TEST_F(UserLimitsTest, WhatChangesNothingIsNotLimited) {
  MakeToken("alice", Role::kUser);
  for (int i = 0; i < 20; ++i) {
    Call call;
    v1::ListJobsResponse response;
    EXPECT_TRUE(jobs_->ListJobs(As("alice", call), {}, &response).ok());
  }
}

TEST_F(UserLimitsTest, AnAdminChangesAsMuchAsNeeded) {
  MakeToken("root", Role::kAdmin);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(ReasonOf(CancelAs("root", "jobs/nobody")), "JOB_NOT_FOUND");
}

TEST_F(UserLimitsTest, AStreamEndsWhenItsTokenIsRevoked) {
  MakeToken("alice", Role::kUser);
  const Token viewer = MakeToken("vic", Role::kViewer);
  ASSERT_TRUE(CreateAs("alice", "mine").ok());
  Call her_call, his_call;
  v1::Job job;
  const auto her_watch = WatchAs("alice", her_call);
  const auto his_watch = WatchAs("vic", his_call);
  ASSERT_TRUE(her_watch->Read(&job));
  ASSERT_TRUE(his_watch->Read(&job));
  ASSERT_TRUE(tokens_->Revoke(viewer.id, 0, "root").ok());

  servers_->EndStreamsOfFormerCallers();

  const grpc::Status status = ReadToTheEnd(*his_watch);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), "TOKEN_REVOKED");
  ASSERT_TRUE(CancelAs("alice", "jobs/mine").ok());
  EXPECT_TRUE(ReadToTheEnd(*her_watch).ok());
}

TEST_F(UserLimitsTest, AStreamThatIsNotReadMakesRoomWhenItsTokenIsRevoked) {
  const Token token = MakeToken("alice", Role::kUser);
  v1::CreateJobRequest request;
  *request.mutable_spec() = ToProto(MakeSpec());
  auto& adamw = *request.mutable_spec()->mutable_optimizer()->mutable_adamw();
  for (int i = 0; i < 20'000; ++i) adamw.add_no_decay("abcdefgh");
  request.set_job_id("mine");
  Call create_call, unread_call;
  v1::Job job;
  const grpc::Status made = jobs_->CreateJob(As("alice", create_call), request, &job);
  ASSERT_TRUE(made.ok()) << made.error_message();
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);  // 64 KiB are sent before it is read
  const auto stub = v1::JobService::NewStub(grpc::CreateCustomChannel(
      servers_->user_address().ToString(), grpc::InsecureChannelCredentials(), arguments));
  v1::WatchJobsRequest watch_request;
  watch_request.set_name("jobs/mine");
  const auto unread = stub->WatchJobs(As("alice", unread_call), watch_request);
  unread->WaitForInitialMetadata();  // which comes with the first message
  ASSERT_TRUE(tokens_->Revoke(token.id, 0, "root").ok());

  servers_->EndStreamsOfFormerCallers();

  MakeToken("alice", Role::kUser);
  EXPECT_TRUE(IsServedSoon("alice"));
  unread_call()->TryCancel();
}

TEST_F(UserLimitsTest, ACallerIsNoLongerAdmittedOnceTheTokenExpires) {
  const double now = SecondsOfCalendar();
  const std::string secret = tokens_->Create("brief", Role::kViewer, 60, now).value().secret;
  const Caller caller =
      std::get<Caller>(authenticator_->Admit("Bearer " + secret, Role::kViewer, now));

  EXPECT_FALSE(authenticator_->CheckAgain(caller, now + 59));
  const std::optional<AccessError> error = authenticator_->CheckAgain(caller, now + 61);

  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, "TOKEN_EXPIRED");
}

TEST_F(UserLimitsTest, CallsAreCountedWithTheirStatusWhoeverEndsThem) {
  MakeToken("alice", Role::kUser);
  ASSERT_TRUE(CreateAs("alice", "mine").ok());
  CreateAs("alice", "other");
  v1::Job job;
  EXPECT_EQ(ReasonOf(Get("jobs/mine", &job)), "TOKEN_MISSING");

  std::map<std::string, std::map<std::string, std::int64_t>> handled;
  for (const MethodCalls& calls : calls_.Read()) handled[calls.method] = calls.handled;

  EXPECT_EQ(handled["CreateJob"],
            (std::map<std::string, std::int64_t>{{"OK", 1}, {"ResourceExhausted", 1}}));
  EXPECT_EQ(handled["GetJob"], (std::map<std::string, std::int64_t>{{"Unauthenticated", 1}}));
}

TEST_F(GrpcServersTest, WhereTooManyRequestsWaitAnotherIsToldWhenToComeBack) {
  std::promise<void> begun, released;
  std::atomic<bool> is_full = false;
  const auto on_refusal = [&](const Refusal&) { is_full = true; };
  const auto block = [&](const State&) {
    begun.set_value();
    released.get_future().wait();
  };
  runtime_->Read(block, on_refusal);
  begun.get_future().wait();
  while (!is_full) runtime_->Read([](const State&) {}, on_refusal);
  v1::ListJobsResponse response;

  const grpc::Status status = jobs_->ListJobs(Call()(), {}, &response);

  released.set_value();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "TOO_MANY_REQUESTS");
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 0);
}

TEST_F(GrpcServersTest, AStoppingCoordinatorEndsTheStreamsOfMetrics) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  const Assign assign = worker.TakeJob();
  ASSERT_TRUE(worker.Say(StepReports{"mine", assign.generation, {{.step = 1, .loss = 0.5}}}));
  Call call;
  v1::StreamMetricsRequest request;
  request.set_job("jobs/mine");
  const auto stream = metrics_->StreamMetrics(call(), request);
  v1::StreamMetricsResponse response;
  ASSERT_TRUE(stream->Read(&response));

  servers_->Shutdown();

  while (stream->Read(&response)) continue;
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcServersTest, ACallOfAWorkerIsCountedAsAStreamUntilItEnds) {
  CreateJob("mine");
  FakeWorker worker(*workers_);
  worker.TakeJob();

  servers_->Shutdown();
  worker.ReadToTheEnd();

  const std::vector<MethodCalls> methods = calls_.Read();

  const auto connect = std::ranges::find(methods, "Connect", &MethodCalls::method);
  ASSERT_NE(connect, methods.end());
  EXPECT_EQ(connect->service, "descent.v1.WorkerService");
  EXPECT_EQ(connect->type, "bidi_stream");
  EXPECT_EQ(connect->started, 1);
  EXPECT_EQ(connect->handled, (std::map<std::string, std::int64_t>{{"Unavailable", 1}}));
}

}  // namespace
}  // namespace descent
