#include "coordinator/job_pruner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

// A coordinator where a job has stayed for long enough as soon as it is at its end.
class JobPrunerTest : public testing::Test {
 protected:
  JobPrunerTest() {
    Result<std::unique_ptr<Runtime>> runtime = Runtime::Start(
        directory_.path(), {.checkpoint_root = checkpoints_.string(), .keep_jobs_days = 1e-12});
    EXPECT_TRUE(runtime.ok()) << runtime.status();
    runtime_ = std::move(runtime).value();
  }

  // A job that is at its end, with a file where its checkpoints are.
  void AddEnded(const std::string& job_id, bool deletes_checkpoints) {
    JobSpec spec = MakeSpec();
    spec.retention.deletes_checkpoints = deletes_checkpoints;
    EXPECT_TRUE(AnswerOf([&](auto on_answer, auto on_refusal) {
                  runtime_->Submit({.job_id = job_id, .spec = spec}, on_answer, on_refusal);
                }).ok());
    EXPECT_TRUE(Command(job_id, JobCommand::kCancel).ok());
    EXPECT_TRUE(MakeDirectories(checkpoints_ / job_id).ok());
    EXPECT_TRUE(WriteNewFile(checkpoints_ / job_id / "file", "bytes").ok());
  }
  Status Command(const std::string& job_id, JobCommand command) {
    return AnswerOf([&](auto on_answer, auto on_refusal) {
      runtime_->Command({.job_id = job_id, .command = command}, on_answer, on_refusal);
    });
  }
  Status KeepForEver(const std::string& job_id) {
    return AnswerOf([&](auto on_answer, auto on_refusal) {
      runtime_->Update({.job_id = job_id, .retention_days = 0}, on_answer, on_refusal);
    });
  }
  static Status AnswerOf(
      const std::function<void(Runtime::OnAnswer, Runtime::OnRefusal)>& request) {
    std::promise<Status> promise;
    request([&](const Answer& answer, const State&) { promise.set_value(answer.status); },
            [&](const Refusal& refusal) { promise.set_value(refusal.status); });
    return promise.get_future().get();
  }

  bool IsKnown(const std::string& job_id) { return runtime_->FindJob(job_id).ok(); }
  bool HasCheckpoints(const std::string& job_id) const {
    return std::filesystem::exists(checkpoints_ / job_id / "file");
  }
  // The clocks may be a moment apart.
  ExpiredJob TheExpired() {
    for (int i = 0; i < 2000; ++i) {
      const Result<std::vector<ExpiredJob>> expired = runtime_->ExpiredJobs();
      if (expired.ok() && expired.value().size() == 1) return expired.value()[0];
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ADD_FAILURE() << "there is not one job that has expired";
    return {};
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path checkpoints_ = directory_.path() / "checkpoints";
  std::unique_ptr<Runtime> runtime_;
};

TEST_F(JobPrunerTest, WhatHasExpiredIsDeletedWithItsCheckpointsOnlyWhereItAsksForThat) {
  AddEnded("with", /*deletes_checkpoints=*/true);
  AddEnded("without", /*deletes_checkpoints=*/false);

  const JobPruner pruner(*runtime_);

  for (int i = 0; i < 2000 && (IsKnown("with") || IsKnown("without")); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_FALSE(IsKnown("with") || IsKnown("without"));
  EXPECT_FALSE(HasCheckpoints("with"));
  EXPECT_TRUE(HasCheckpoints("without"));
}

TEST_F(JobPrunerTest, AJobThatIsGivenMoreTimeAfterTheLookStaysWithItsFiles) {
  AddEnded("mine", /*deletes_checkpoints=*/true);
  const ExpiredJob expired = TheExpired();
  ASSERT_TRUE(KeepForEver("mine").ok());

  EXPECT_EQ(DeleteExpired(*runtime_, expired).code(), Code::kAborted);

  EXPECT_TRUE(IsKnown("mine"));
  EXPECT_TRUE(HasCheckpoints("mine"));
}

TEST_F(JobPrunerTest, AnotherJobOfTheNameIsNotTheOneThatHasExpired) {
  AddEnded("mine", /*deletes_checkpoints=*/true);
  const ExpiredJob expired = TheExpired();
  ASSERT_TRUE(Command("mine", JobCommand::kDelete).ok());
  std::filesystem::remove_all(checkpoints_);
  AddEnded("mine", /*deletes_checkpoints=*/true);

  EXPECT_EQ(DeleteExpired(*runtime_, expired).code(), Code::kAborted);

  EXPECT_TRUE(HasCheckpoints("mine"));
}

}  // namespace
}  // namespace descent
