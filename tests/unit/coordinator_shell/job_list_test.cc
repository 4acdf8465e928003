#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "coordinator/job_view.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

// Jobs "job-5" to "job-1", every second one cancelled, the newest of the others first in the queue.
ClusterSnapshot FiveJobs() {
  ClusterSnapshot snapshot;
  for (int i = 5; i >= 1; --i) {
    Job job = MakeJob("job-" + std::to_string(i), i);
    job.state = i % 2 == 0 ? JobState::kCancelled : JobState::kQueued;
    if (i % 2 != 0) snapshot.queue[job.id] = {.position = 6 - i, .reason = {"waits", {}}};
    snapshot.jobs.push_back(job);
  }
  return snapshot;
}

std::vector<std::string> NamesOf(const v1::ListJobsResponse& page) {
  std::vector<std::string> names;
  for (const v1::Job& job : page.jobs()) names.push_back(job.name());
  return names;
}

TEST(JobListTest, PagesHaveEveryJobOnceNewestFirst) {
  v1::ListJobsRequest request;
  request.set_page_size(3);

  const v1::ListJobsResponse first = ListJobsPage(request, FiveJobs()).value();
  request.set_page_token(first.next_page_token());
  const v1::ListJobsResponse second = ListJobsPage(request, FiveJobs()).value();

  EXPECT_THAT(NamesOf(first), testing::ElementsAre("jobs/job-5", "jobs/job-4", "jobs/job-3"));
  EXPECT_THAT(NamesOf(second), testing::ElementsAre("jobs/job-2", "jobs/job-1"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST(JobListTest, OnlyJobsInTheStatesThatAreAskedFor) {
  v1::ListJobsRequest request;
  request.add_states(v1::JOB_STATE_CANCELLED);
  request.add_states(v1::JOB_STATE_RUNNING);
  request.set_page_size(1);

  const v1::ListJobsResponse first = ListJobsPage(request, FiveJobs()).value();
  request.set_page_token(first.next_page_token());
  const v1::ListJobsResponse second = ListJobsPage(request, FiveJobs()).value();

  EXPECT_THAT(NamesOf(first), testing::ElementsAre("jobs/job-4"));
  EXPECT_THAT(NamesOf(second), testing::ElementsAre("jobs/job-2"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST(JobListTest, AWaitingJobHasItsPlaceInTheQueue) {
  const v1::ListJobsResponse page = ListJobsPage({}, FiveJobs()).value();

  EXPECT_EQ(page.jobs(0).queue_status().position(), 1);
  EXPECT_FALSE(page.jobs(1).has_queue_status());
}

TEST(JobListTest, APageSizeOutOfRangeAndAForeignTokenAreRefused) {
  v1::ListJobsRequest large;
  large.set_page_size(1001);
  v1::ListJobsRequest foreign;
  foreign.set_page_token("x");

  EXPECT_EQ(ListJobsPage(large, FiveJobs()).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ListJobsPage(foreign, FiveJobs()).status().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace descent
