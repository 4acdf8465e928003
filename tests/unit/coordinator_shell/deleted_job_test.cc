#include <thread>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

constexpr int kRounds = 20;
constexpr int kUpdaters = 8;
constexpr int kUpdatesMax = 10'000;  // far more than are made before the job is deleted

// How the first update ended that did not succeed.
grpc::Status UpdateUntilRefused(v1::JobService::Stub& jobs) {
  v1::UpdateJobRequest request;
  request.set_name("jobs/mine");
  request.set_priority(60);
  grpc::Status status;
  for (int i = 0; i < kUpdatesMax && status.ok(); ++i) {
    v1::Job job;
    status = jobs.UpdateJob(Call()(), request, &job);
  }
  return status;
}

TEST_F(GrpcServersTest, UpdatesOfAJobThatIsDeletedMeanwhileAreToldSo) {
  for (int round = 0; round < kRounds; ++round) {
    CreateJob("mine");
    v1::Job job;
    ASSERT_TRUE(Cancel("jobs/mine", &job).ok());
    std::vector<grpc::Status> ends(kUpdaters);
    std::vector<std::thread> updaters;
    for (grpc::Status& end : ends) updaters.emplace_back([&] { end = UpdateUntilRefused(*jobs_); });

    v1::DeleteJobRequest request;
    request.set_name("jobs/mine");
    v1::DeleteJobResponse response;
    const grpc::Status deleted = jobs_->DeleteJob(Call()(), request, &response);

    for (std::thread& updater : updaters) updater.join();
    EXPECT_TRUE(deleted.ok()) << deleted.error_message();
    for (const grpc::Status& end : ends) EXPECT_EQ(ReasonOf(end), "JOB_NOT_FOUND");
  }
}

}  // namespace
}  // namespace descent
