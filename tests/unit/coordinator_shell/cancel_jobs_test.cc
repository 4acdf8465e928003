#include "coordinator/store.h"
#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

class CancelJobsTest : public GrpcServersTest {
 protected:
  grpc::Status CancelAll(const std::vector<std::string>& names, const std::string& filter = "") {
    v1::CancelJobsRequest request;
    request.mutable_names()->Assign(names.begin(), names.end());
    request.set_filter(filter);
    request.set_request_id("request-1");
    return jobs_->CancelJobs(Call()(), request, &response_);
  }
  v1::JobState StateOf(const std::string& name) {
    v1::Job job;
    EXPECT_TRUE(Get(name, &job).ok()) << name;
    return job.state();
  }

  v1::CancelJobsResponse response_;
};

TEST_F(CancelJobsTest, AllOfThemAreCancelledAndComeBackInTheirOrder) {
  CreateJob("a");
  CreateJob("b");

  const grpc::Status status = CancelAll({"jobs/b", "jobs/a", "jobs/b"});

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.jobs_size(), 2);
  EXPECT_EQ(response_.jobs(0).name(), "jobs/b");
  EXPECT_EQ(response_.jobs(1).name(), "jobs/a");
  for (const v1::Job& job : response_.jobs()) EXPECT_EQ(job.state(), v1::JOB_STATE_CANCELLED);
}

TEST_F(CancelJobsTest, OneThatIsNotThereSavesTheOthers) {
  CreateJob("a");

  const grpc::Status status = CancelAll({"jobs/a", "jobs/nobody"});

  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("job"), "nobody");
  EXPECT_EQ(StateOf("jobs/a"), v1::JOB_STATE_QUEUED);
}

TEST_F(CancelJobsTest, AFilterThatHoldsForMoreThanAThousandCancelsNone) {
  const std::filesystem::path store = runtime_->store_path();
  Stop();
  std::vector<Action> actions;
  for (int i = 1; i <= 1001; ++i)
    actions.emplace_back(StoreJob{.job = MakeJob("job-" + std::to_string(i), i)});
  ASSERT_TRUE(Store::Open(store).value()->Commit(actions, 1).ok());
  Start();

  const grpc::Status status = CancelAll({}, "state = QUEUED");

  EXPECT_EQ(ReasonOf(status), "SELECTION_TOO_LARGE");
  EXPECT_EQ(StateOf("jobs/job-1"), v1::JOB_STATE_QUEUED);
}

TEST_F(CancelJobsTest, DoneTwiceIsAsDoneOnce) {
  CreateJob("a");
  ASSERT_TRUE(CancelAll({"jobs/a"}).ok());

  const grpc::Status status = CancelAll({"jobs/a"});

  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(CancelJobsTest, AFilterChoosesAmongThoseThatAreNotAtTheirEnd) {
  CreateJob("a-1");
  CreateJob("a-2");
  CreateJob("b-1");
  ASSERT_TRUE(CancelAll({"jobs/a-1"}).ok());

  const grpc::Status status = CancelAll({}, "name:a-");

  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(response_.jobs_size(), 1);
  EXPECT_EQ(response_.jobs(0).name(), "jobs/a-2");
  EXPECT_EQ(StateOf("jobs/b-1"), v1::JOB_STATE_QUEUED);
}

TEST_F(CancelJobsTest, WhichJobsMustBeSaidInOneWay) {
  EXPECT_EQ(ReasonOf(CancelAll({})), "SELECTION_INVALID");
  EXPECT_EQ(ReasonOf(CancelAll({"jobs/a"}, "state = QUEUED")), "SELECTION_INVALID");
  EXPECT_EQ(ReasonOf(CancelAll(std::vector<std::string>(1001, "jobs/a"))), "SELECTION_INVALID");
  EXPECT_EQ(ReasonOf(CancelAll({"a"})), "NAME_INVALID");
  const grpc::Status status = CancelAll({}, "state ~ QUEUED");
  EXPECT_EQ(ReasonOf(status), "FILTER_INVALID");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("position"), "7");
}

TEST_F(CancelJobsTest, TheHistoryOfEachSaysWhoDidItByWhichRequest) {
  CreateJob("a");
  ASSERT_TRUE(CancelAll({"jobs/a"}).ok());
  v1::ListJobEventsRequest request;
  request.set_name("jobs/a");
  v1::ListJobEventsResponse events;

  ASSERT_TRUE(jobs_->ListJobEvents(Call()(), request, &events).ok());

  ASSERT_EQ(events.events_size(), 2);
  EXPECT_EQ(events.events(1).to_state(), "CANCELLED");
  EXPECT_EQ(events.events(1).actor(), "local");
  EXPECT_EQ(events.events(1).request_id(), "request-1");
}

}  // namespace
}  // namespace descent
