#include "coordinator/job_list.h"

#include <gmock/gmock.h>

#include <set>
#include <string>
#include <vector>

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

v1::ListJobsResponse PageOf(const v1::ListJobsRequest& request, const ClusterSnapshot& snapshot) {
  const auto page = ListJobsPage(request, snapshot);
  const auto* error = std::get_if<RequestError>(&page);
  EXPECT_EQ(error, nullptr) << error->status;
  return error == nullptr ? std::get<v1::ListJobsResponse>(page) : v1::ListJobsResponse();
}

RequestError RefusalOf(const v1::ListJobsRequest& request) {
  const auto page = ListJobsPage(request, FiveJobs());
  EXPECT_TRUE(std::holds_alternative<RequestError>(page));
  const auto* error = std::get_if<RequestError>(&page);
  return error == nullptr ? RequestError() : *error;
}

// The names of all jobs of a list, page after page.
std::vector<std::string> AllNames(v1::ListJobsRequest request, const ClusterSnapshot& snapshot) {
  std::vector<std::string> names;
  do {
    const v1::ListJobsResponse page = PageOf(request, snapshot);
    for (const std::string& name : NamesOf(page)) names.push_back(name);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && names.size() < 100);
  return names;
}

TEST(JobListTest, PagesHaveEveryJobOnceNewestFirst) {
  v1::ListJobsRequest request;
  request.set_page_size(3);

  const v1::ListJobsResponse first = PageOf(request, FiveJobs());
  request.set_page_token(first.next_page_token());
  const v1::ListJobsResponse second = PageOf(request, FiveJobs());

  EXPECT_THAT(NamesOf(first), testing::ElementsAre("jobs/job-5", "jobs/job-4", "jobs/job-3"));
  EXPECT_THAT(NamesOf(second), testing::ElementsAre("jobs/job-2", "jobs/job-1"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST(JobListTest, APageOfLargeJobsEndsBeforeItIsTooLargeForClients) {
  ClusterSnapshot snapshot;
  for (int i = 40; i >= 1; --i) {
    snapshot.jobs.push_back(MakeJob("job-" + std::to_string(i), i));
    snapshot.jobs.back().spec.data.train.path = std::string(250'000, 'x');
  }

  const v1::ListJobsResponse page = PageOf({}, snapshot);

  EXPECT_LT(page.ByteSizeLong(), std::size_t{4} << 20);
  EXPECT_EQ(page.jobs_size(), 12);
  const std::vector<std::string> names = AllNames({}, snapshot);
  EXPECT_EQ(names.size(), 40u);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), 40u);
}

TEST(JobListTest, OnlyJobsInTheStatesThatAreAskedFor) {
  v1::ListJobsRequest request;
  request.add_states(v1::JOB_STATE_CANCELLED);
  request.add_states(v1::JOB_STATE_RUNNING);
  request.set_page_size(1);

  const v1::ListJobsResponse first = PageOf(request, FiveJobs());
  request.set_page_token(first.next_page_token());
  const v1::ListJobsResponse second = PageOf(request, FiveJobs());

  EXPECT_THAT(NamesOf(first), testing::ElementsAre("jobs/job-4"));
  EXPECT_THAT(NamesOf(second), testing::ElementsAre("jobs/job-2"));
  EXPECT_EQ(second.next_page_token(), "");
}

TEST(JobListTest, AWaitingJobHasItsPlaceInTheQueue) {
  const v1::ListJobsResponse page = PageOf({}, FiveJobs());

  EXPECT_EQ(page.jobs(0).queue_status().position(), 1);
  EXPECT_FALSE(page.jobs(1).has_queue_status());
}

TEST(JobListTest, APageSizeOutOfRangeIsRefused) {
  v1::ListJobsRequest request;
  request.set_page_size(1001);

  EXPECT_EQ(RefusalOf(request).reason, "PAGE_SIZE_INVALID");
  EXPECT_EQ(RefusalOf(request).status.code(), Code::kInvalidArgument);
}

TEST(JobListTest, AForeignTokenIsRefused) {
  for (const std::string& token :
       {std::string("x"), std::string("5"), std::string("5b5d"), std::string("5b312c325d"),
        std::string("00"), std::string(20000, '5')}) {
    v1::ListJobsRequest request;
    request.set_page_token(token);
    EXPECT_EQ(RefusalOf(request).reason, "PAGE_TOKEN_INVALID") << token;
  }
}

TEST(JobListTest, ATokenIsOfItsQueryAlone) {
  v1::ListJobsRequest request;
  request.set_page_size(1);
  request.set_page_token(PageOf(request, FiveJobs()).next_page_token());
  v1::ListJobsRequest filtered = request;
  filtered.set_filter("state = QUEUED");
  v1::ListJobsRequest sorted = request;
  sorted.set_order_by("name");
  v1::ListJobsRequest of_state = request;
  of_state.add_states(v1::JOB_STATE_QUEUED);
  v1::ListJobsRequest larger = request;
  larger.set_page_size(2);

  EXPECT_EQ(RefusalOf(filtered).reason, "PAGE_TOKEN_INVALID");
  EXPECT_EQ(RefusalOf(sorted).reason, "PAGE_TOKEN_INVALID");
  EXPECT_EQ(RefusalOf(of_state).reason, "PAGE_TOKEN_INVALID");
  EXPECT_THAT(NamesOf(PageOf(larger, FiveJobs())),
              testing::ElementsAre("jobs/job-4", "jobs/job-3"));
}

TEST(JobListTest, AFilterLeavesItsJobsOnAllPages) {
  v1::ListJobsRequest request;
  request.set_filter("state = QUEUED AND name != job-3");
  request.set_page_size(1);

  EXPECT_THAT(AllNames(request, FiveJobs()), testing::ElementsAre("jobs/job-5", "jobs/job-1"));
}

TEST(JobListTest, AnOrderGoesOnFromPageToPage) {
  ClusterSnapshot snapshot = FiveJobs();
  snapshot.jobs[1].priority = snapshot.jobs[3].priority = 90;  // job-4 and job-2
  snapshot.jobs[2].labels["team"] = "nlp";                     // job-3
  v1::ListJobsRequest request;
  request.set_order_by("priority desc, labels.team, name");
  request.set_page_size(1);

  EXPECT_THAT(
      AllNames(request, snapshot),
      testing::ElementsAre("jobs/job-2", "jobs/job-4", "jobs/job-3", "jobs/job-1", "jobs/job-5"));
}

TEST(JobListTest, AJobThatLeavesBetweenTwoPagesMovesNoOther) {
  ClusterSnapshot snapshot = FiveJobs();
  v1::ListJobsRequest request;
  request.set_order_by("name");
  request.set_page_size(2);
  request.set_page_token(PageOf(request, snapshot).next_page_token());

  std::erase_if(snapshot.jobs, [](const Job& job) { return job.id == "job-2"; });

  EXPECT_THAT(NamesOf(PageOf(request, snapshot)), testing::ElementsAre("jobs/job-3", "jobs/job-4"));
}

TEST(JobListTest, AProblemOfTheQueryIsToldWithItsPosition) {
  v1::ListJobsRequest filtered;
  filtered.set_filter("state = DONE");
  v1::ListJobsRequest sorted;
  sorted.set_order_by("age");

  const RequestError filter = RefusalOf(filtered);
  const RequestError order = RefusalOf(sorted);

  EXPECT_EQ(filter.reason, "FILTER_INVALID");
  EXPECT_EQ(filter.metadata.at("position"), "9");
  EXPECT_THAT(filter.status.message(),
              testing::StartsWith("filter, position 9: found \"DONE\", wanted a state: "));
  EXPECT_EQ(order.reason, "ORDER_BY_INVALID");
  EXPECT_EQ(order.metadata.at("found"), "\"age\"");
}

}  // namespace
}  // namespace descent
