#include "coordinator/job_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>

#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The ids of the jobs in that order.
std::vector<std::string> Sorted(std::string_view order_by, const std::vector<Job>& jobs) {
  const auto parsed = JobOrder::Parse(order_by);
  EXPECT_TRUE(std::holds_alternative<JobOrder>(parsed)) << order_by;
  const JobOrder& order = std::get<JobOrder>(parsed);
  std::vector<const Job*> sorted;
  for (const Job& job : jobs) sorted.push_back(&job);
  std::ranges::sort(sorted, [&](const Job* left, const Job* right) {
    return order.IsBefore(order.PositionOf(*left), order.PositionOf(*right));
  });
  std::vector<std::string> ids;
  for (const Job* job : sorted) ids.push_back(job->id);
  return ids;
}

// "a" to "d", "d" is the newest.
std::vector<Job> FourJobs() {
  return {MakeJob("a", 1), MakeJob("b", 2), MakeJob("c", 3), MakeJob("d", 4)};
}

QueryProblem OrderProblemOf(std::string_view order_by) {
  const auto parsed = JobOrder::Parse(order_by);
  EXPECT_TRUE(std::holds_alternative<QueryProblem>(parsed)) << order_by;
  const auto* problem = std::get_if<QueryProblem>(&parsed);
  return problem == nullptr ? QueryProblem{.position = 0} : *problem;
}

TEST(JobOrderTest, WithoutFieldsTheNewestIsFirst) {
  EXPECT_THAT(Sorted(" ", FourJobs()), ElementsAre("d", "c", "b", "a"));
}

TEST(JobOrderTest, TheNextFieldDecidesBetweenEqualJobsAndThenTheirAge) {
  std::vector<Job> jobs = FourJobs();
  jobs[1].priority = jobs[3].priority = 90;
  jobs[1].owner = "alice";
  jobs[3].owner = "bob";

  EXPECT_THAT(Sorted("priority desc, owner", jobs), ElementsAre("b", "d", "c", "a"));
  EXPECT_THAT(Sorted("priority,owner desc", jobs), ElementsAre("c", "a", "d", "b"));
}

TEST(JobOrderTest, StatesHaveTheOrderOfAJobsLife) {
  std::vector<Job> jobs = FourJobs();
  jobs[0].state = JobState::kSucceeded;
  jobs[1].state = JobState::kRunning;
  jobs[2].state = JobState::kCancelled;

  EXPECT_THAT(Sorted("state", jobs), ElementsAre("d", "b", "a", "c"));
}

TEST(JobOrderTest, JobsWithoutAValueComeLastEitherWay) {
  std::vector<Job> jobs = FourJobs();
  jobs[1].latest_metrics["train/loss"] = 2;
  jobs[2].latest_metrics["train/loss"] = 1;
  jobs[3].latest_metrics["train/loss"] = std::numeric_limits<double>::quiet_NaN();

  EXPECT_THAT(Sorted("latest_metrics.train/loss", jobs), ElementsAre("c", "b", "d", "a"));
  EXPECT_THAT(Sorted("latest_metrics.train/loss desc", jobs), ElementsAre("b", "c", "d", "a"));
}

TEST(JobOrderTest, JobsOfNobodyComeLast) {
  std::vector<Job> jobs = FourJobs();
  jobs[0].owner = "bob";
  jobs[2].owner = "alice";

  EXPECT_THAT(Sorted("owner", jobs), ElementsAre("c", "a", "d", "b"));
}

TEST(JobOrderTest, LabelsAreSortedAsTexts) {
  std::vector<Job> jobs = FourJobs();
  jobs[0].labels["run"] = "9";
  jobs[1].labels["run"] = "10";

  EXPECT_THAT(Sorted("labels.run", jobs), ElementsAre("b", "a", "d", "c"));
}

TEST(JobOrderTest, AProblemSaysWhereAndWhatIsWanted) {
  EXPECT_EQ(OrderProblemOf("prio").position, 1u);
  EXPECT_EQ(OrderProblemOf("prio").found, "\"prio\"");
  EXPECT_THAT(OrderProblemOf("priority asc").wanted, HasSubstr("\"desc\""));
  EXPECT_EQ(OrderProblemOf("priority asc").position, 10u);
  EXPECT_EQ(OrderProblemOf("priority,").found, "the end");
  EXPECT_EQ(OrderProblemOf("priority desc name").found, "\"name\"");
  EXPECT_THAT(OrderProblemOf("labels").wanted, HasSubstr("labels.KEY"));
  EXPECT_EQ(OrderProblemOf(", priority").position, 1u);
  EXPECT_EQ(OrderProblemOf(std::string(4097, ' ')).position, 4097u);
}

TEST(JobOrderTest, MoreThanEightFieldsAreRefused) {
  EXPECT_THAT(OrderProblemOf("name,name,name,name,name,name,name,name,name").wanted,
              HasSubstr("after 8 fields"));
}

}  // namespace
}  // namespace descent
