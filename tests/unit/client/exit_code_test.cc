#include "client/exit_code.h"

#include <grpcpp/support/status_code_enum.h>
#include <gtest/gtest.h>

#include "client/commands/command.h"
#include "client/follow.h"

namespace descent {
namespace {

JobView JobIn(const std::string& state) {
  JobView job;
  job.state = state;
  return job;
}

TEST(ExitCodeTest, EveryWayToEndAJobHasItsOwn) {
  EXPECT_EQ(OutcomeOf(JobIn("SUCCEEDED")), ExitCode::kDone);
  EXPECT_EQ(OutcomeOf(JobIn("FAILED")), ExitCode::kJobFailed);
  EXPECT_EQ(OutcomeOf(JobIn("CANCELLED")), ExitCode::kJobCancelled);
}

TEST(ExitCodeTest, TheWorstOfSeveralJobsCounts) {
  EXPECT_EQ(WorseOf(ExitCode::kDone, ExitCode::kTimedOut), ExitCode::kTimedOut);
  EXPECT_EQ(WorseOf(ExitCode::kJobCancelled, ExitCode::kTimedOut), ExitCode::kJobCancelled);
  EXPECT_EQ(WorseOf(ExitCode::kJobCancelled, ExitCode::kJobFailed), ExitCode::kJobFailed);
  EXPECT_EQ(WorseOf(ExitCode::kUnreachable, ExitCode::kJobFailed), ExitCode::kUnreachable);
}

TEST(ExitCodeTest, AStateOfANewerCoordinatorIsNotTerminal) {
  EXPECT_FALSE(JobIn("SUSPENDING").IsTerminal());
}

TEST(ExitCodeTest, ErrorsOfACallAreToldApart) {
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::INVALID_ARGUMENT), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::PERMISSION_DENIED), ExitCode::kPermission);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::UNAUTHENTICATED), ExitCode::kPermission);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::NOT_FOUND), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::ALREADY_EXISTS), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::FAILED_PRECONDITION), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::UNAVAILABLE), ExitCode::kUnreachable);
  EXPECT_EQ(ExitCodeOf(grpc::StatusCode::INTERNAL), ExitCode::kError);
}

TEST(ExitCodeTest, NumbersAreThoseOfTheManual) {
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kJobFailed), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kPermission), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kNotFound), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::kConflict), 6);
  EXPECT_EQ(static_cast<int>(ExitCode::kUnreachable), 7);
  EXPECT_EQ(static_cast<int>(ExitCode::kJobCancelled), 8);
  EXPECT_EQ(static_cast<int>(ExitCode::kTimedOut), 124);
  EXPECT_EQ(static_cast<int>(ExitCode::kInterrupted), 130);
}

TEST(CheckpointArgumentTest, AStepMayBeWrittenInEachUsualWay) {
  for (const char* argument : {"mlp/120", "jobs/mlp/checkpoints/120", "job/mlp/step-120"})
    EXPECT_EQ(CheckpointNameOf(argument).value(), "jobs/mlp/checkpoints/120") << argument;
  EXPECT_EQ(CheckpointNameOf("mlp/latest").value(), "jobs/mlp/checkpoints/latest");
  EXPECT_EQ(CheckpointNameOf("mlp/best").value(), "jobs/mlp/checkpoints/best");
}

TEST(CheckpointArgumentTest, AJobAloneNamesNoCheckpoint) {
  for (const char* argument : {"mlp", "mlp/", "/120", "mlp/worst", "mlp/12x", ""})
    EXPECT_EQ(CheckpointNameOf(argument).error().exit_code, ExitCode::kUsage) << argument;
}

}  // namespace
}  // namespace descent
