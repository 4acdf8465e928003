#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

TEST_F(GrpcServersTest, ACallToACoordinatorThatStopsIsToldToComeBack) {
  CreateJob("mine");

  servers_->Drain();

  v1::Job job;
  const grpc::Status status = Get("jobs/mine", &job);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SERVER_DRAINING");
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 0);
}

TEST_F(GrpcServersTest, AStreamToACoordinatorThatStopsIsToldToComeBack) {
  CreateJob("mine");
  servers_->Drain();
  v1::WatchJobsRequest request;
  request.set_name("jobs/mine");
  Call call;
  v1::Job job;

  const auto stream = jobs_->WatchJobs(call(), request);

  EXPECT_FALSE(stream->Read(&job));
  EXPECT_EQ(ReasonOf(stream->Finish()), "SERVER_DRAINING");
}

TEST_F(GrpcServersTest, AWatchOfACoordinatorThatStopsEndsWithAPlaceToGoOnFrom) {
  CreateJob("mine");
  v1::WatchJobsRequest request;
  request.set_name("jobs/mine");
  Call call;
  v1::Job job;
  const auto stream = jobs_->WatchJobs(call(), request);
  ASSERT_TRUE(stream->Read(&job));

  servers_->Drain();

  while (stream->Read(&job)) continue;
  EXPECT_FALSE(job.resume_token().empty());
  EXPECT_EQ(ReasonOf(stream->Finish()), "SERVER_DRAINING");
}

TEST_F(GrpcServersTest, ACoordinatorThatStopsIsNotReady) {
  ASSERT_TRUE(runtime_->Readiness().ok());

  servers_->Drain();

  EXPECT_EQ(runtime_->Readiness().code(), Code::kUnavailable);
}

TEST(CallGateTest, AClosedGateWaitsForThoseInside) {
  CallGate gate;
  auto entered = gate.Enter();
  gate.Close(grpc::Status(grpc::StatusCode::UNAVAILABLE, "closed"));
  EXPECT_TRUE(std::holds_alternative<grpc::Status>(gate.Enter()));

  gate.WaitUntilEmpty(std::chrono::system_clock::now());  // not beyond the deadline
  entered = grpc::Status::OK;                             // the pass is given back
  gate.WaitUntilEmpty(std::chrono::system_clock::time_point::max());
}

}  // namespace
}  // namespace descent
