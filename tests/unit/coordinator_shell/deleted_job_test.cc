#include <grpcpp/test/default_reactor_test_peer.h>

#include <future>

#include "coordinator/owned_job.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

// The owner thread is held until both changes wait, so they are one transaction.
TEST_F(GrpcServersTest, AnUpdateWhoseJobIsDeletedInTheSameTransactionIsToldSo) {
  CreateJob("mine");
  v1::Job job;
  ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
  grpc::CallbackServerContext context;
  const grpc::testing::DefaultReactorTestPeer call(&context);
  std::promise<void> begun, released;
  std::promise<Status> deleted;
  const auto fail = [](const Refusal& refusal) { ADD_FAILURE() << refusal.status; };
  const auto hold = [&](const State&) {
    begun.set_value();
    released.get_future().wait();
  };
  runtime_->Read(hold, fail);
  begun.get_future().wait();

  runtime_->Update({.job_id = "mine", .priority = 60}, FinishWithJob(call.reactor(), &job, "mine"),
                   fail);
  runtime_->Command(
      {.job_id = "mine", .command = JobCommand::kDelete},
      [&](const Answer& answer, const State&) { deleted.set_value(answer.status); }, fail);
  released.set_value();

  const Status end = deleted.get_future().get();
  EXPECT_TRUE(end.ok()) << end;
  ASSERT_TRUE(call.test_status_set());
  EXPECT_EQ(ReasonOf(call.test_status()), "JOB_NOT_FOUND");
}

}  // namespace
}  // namespace descent
