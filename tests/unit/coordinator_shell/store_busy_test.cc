#include <thread>

#include "coordinator/database.h"
#include "coordinator/refusal.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

// A coordinator whose state store somebody else writes to for longer than it waits.
class StoreBusyTest : public GrpcServersTest {
 protected:
  void LockStore() {
    Result<Database> opened = Database::Open(runtime_->store_path(), Durability::kConsistent);
    ASSERT_TRUE(opened.ok()) << opened.status();
    other_.emplace(std::move(opened).value());
    ASSERT_TRUE(other_->Begin().ok());
  }
  void UnlockStore() {
    other_->Rollback();
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!runtime_->Readiness().ok() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  grpc::Status TryToCreate(const std::string& id) {
    v1::CreateJobRequest request;
    *request.mutable_spec() = ToProto(MakeSpec());
    request.set_job_id(id);
    v1::Job job;
    return Create(request, &job);
  }

  std::optional<Database> other_;
};

TEST(NotWritableTest, AFullDiskIsToldFromAStoreThatIsHeld) {
  const Refusal full = NotWritable(Status(Code::kResourceExhausted, "/a/path"), "look later");
  const Refusal held = NotWritable(Status(Code::kUnavailable, "/a/path"), "look later");

  EXPECT_EQ(full.reason, "DISK_FULL");
  EXPECT_EQ(full.status.code(), Code::kResourceExhausted);
  EXPECT_EQ(held.reason, "STATE_STORE_BUSY");
  for (const Refusal& refusal : {full, held})
    EXPECT_EQ(refusal.status.message().find("/a/path"), std::string::npos) << refusal.status;
}

TEST_F(StoreBusyTest, AChangeThatCannotBeStoredIsNotAcknowledged) {
  LockStore();

  const grpc::Status status = TryToCreate("mine");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "STATE_STORE_BUSY");
  EXPECT_GT(DetailOf<google::rpc::RetryInfo>(status).retry_delay().seconds(), 0);
  EXPECT_EQ(status.error_message().find("state.db"), std::string::npos) << status.error_message();
  EXPECT_EQ(runtime_->Readiness().code(), Code::kUnavailable);
}

TEST_F(StoreBusyTest, WhatWasAppliedTakesEffectLaterAndWhatWasNotIsForgotten) {
  LockStore();
  ASSERT_EQ(ReasonOf(TryToCreate("mine")), "STATE_STORE_BUSY");

  v1::Job job;
  EXPECT_EQ(ReasonOf(TryToCreate("other")), "STATE_STORE_BUSY");
  EXPECT_EQ(ReasonOf(Get("jobs/mine", &job)), "STATE_STORE_BUSY");

  UnlockStore();
  EXPECT_TRUE(Get("jobs/mine", &job).ok());
  EXPECT_EQ(ReasonOf(Get("jobs/other", &job)), "JOB_NOT_FOUND");
}

TEST_F(StoreBusyTest, AJobThatWasAcknowledgedIsThereAfterARestart) {
  CreateJob("mine");
  LockStore();
  ASSERT_EQ(ReasonOf(TryToCreate("other")), "STATE_STORE_BUSY");

  Stop();
  other_.reset();
  Start();

  v1::Job job;
  EXPECT_TRUE(Get("jobs/mine", &job).ok());
  EXPECT_EQ(ReasonOf(Get("jobs/other", &job)), "JOB_NOT_FOUND");
}

}  // namespace
}  // namespace descent
