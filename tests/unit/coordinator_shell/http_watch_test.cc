#include "coordinator/http_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class HttpWatchTest : public HttpRoutesTest {
 protected:
  std::unique_ptr<HttpEvents> Watch(const std::string& topics, const std::string& last_seen = "") {
    HttpRequest request{"GET", "/v1/watch?topics=" + topics, "localhost"};
    request.last_event_id = last_seen;
    HttpResponse response = routes_.Handle(request);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "text/event-stream; charset=utf-8");
    return std::move(response.events);
  }
  // How positions in a job begin.
  std::string Named(std::size_t job) const {
    return snapshot_.jobs[job].id + "." + UidOf(snapshot_.jobs[job]).substr(0, 8);
  }
  std::string ReasonFor(const std::string& target) {
    return json::parse(Get(target).body)["error"]["details"][0]["reason"];
  }
};

TEST_F(HttpWatchTest, JobsComeAllAtFirst) {
  const std::string news = Watch("jobs")->Next();

  EXPECT_THAT(news, testing::StartsWith("event: jobs\ndata: {\"jobs\":[{"));
  EXPECT_THAT(news, HasSubstr("\"jobs/full-1\""));
  EXPECT_THAT(news, HasSubstr("\"jobs/waiting\""));
  EXPECT_TRUE(news.ends_with("\n\n"));
}

TEST_F(HttpWatchTest, OnlyAJobThatHasChangedComesAgain) {
  const auto watch = Watch("jobs");
  watch->Next();
  EXPECT_EQ(watch->Next(), "");

  ++snapshot_.jobs[0].step;

  const std::string news = watch->Next();
  EXPECT_THAT(news, HasSubstr("\"jobs/full-1\""));
  EXPECT_THAT(news, testing::Not(HasSubstr("\"jobs/waiting\"")));
}

TEST_F(HttpWatchTest, AJobThatIsDeletedIsRemovedFromTheList) {
  const auto watch = Watch("jobs");
  watch->Next();

  snapshot_.jobs.pop_back();

  EXPECT_THAT(watch->Next(), HasSubstr("\"removed\":[\"jobs/waiting\"],\"older\":[]"));
}

TEST_F(HttpWatchTest, OnlyJobsForWhichTheFilterHoldsCome) {
  const std::string news = Watch("jobs&filter=state+%3D+QUEUED")->Next();

  EXPECT_THAT(news, HasSubstr("\"jobs/waiting\""));
  EXPECT_THAT(news, testing::Not(HasSubstr("\"jobs/full-1\"")));
}

TEST_F(HttpWatchTest, AJobForWhichTheFilterHoldsNoMoreIsRemoved) {
  const auto watch = Watch("jobs&filter=state+%3D+QUEUED");
  watch->Next();

  snapshot_.jobs[1].state = JobState::kCancelled;

  EXPECT_THAT(watch->Next(), HasSubstr("\"removed\":[\"jobs/waiting\"],\"older\":[]"));
}

TEST_F(HttpWatchTest, AJobThatHasEndedIsOlderOnceAHundredNewerAreThere) {
  snapshot_.jobs[1].state = JobState::kSucceeded;
  const auto watch = Watch("jobs");
  watch->Next();

  std::vector<Job> jobs;
  for (int i = 0; i < 100; ++i) jobs.push_back(MakeJob(fmt::format("new-{}", i), 200 - i));
  snapshot_.jobs.insert(snapshot_.jobs.begin(), jobs.begin(), jobs.end());

  EXPECT_THAT(watch->Next(), HasSubstr("\"removed\":[\"jobs/waiting\"],"
                                       "\"older\":[\"jobs/waiting\"]"));
}

TEST_F(HttpWatchTest, AFilterThatCannotBeReadIsRefused) {
  EXPECT_EQ(ReasonFor("/v1/watch?topics=jobs&filter=state"), "FILTER_INVALID");
}

TEST_F(HttpWatchTest, ADeletedJobIsToldOnce) {
  const auto watch = Watch("job/waiting");
  watch->Next();

  snapshot_.jobs.pop_back();

  EXPECT_THAT(watch->Next(), testing::StartsWith("event: deleted\n"));
  EXPECT_EQ(watch->Next(), "");
}

TEST_F(HttpWatchTest, TheIdOfMetricsSaysHowFarTheyWereSent) {
  curves_ = {{"train/loss", {{41, 0.5}, {42, 0.25}}, 1}};

  const auto watch = Watch("job/full-1/metrics");

  EXPECT_THAT(watch->Next(), testing::StartsWith("id: " + Named(0) + ":42\nevent: metrics\n"));
  watch->Next();
  EXPECT_EQ(last_news_.next_steps.at("train/loss"), 43);
}

TEST_F(HttpWatchTest, ACurveThatIsCutHoldsTheCursorBack) {
  MetricCurve cut{.name = "train/loss", .points = {}};
  for (int step = 1; step <= 1000; ++step) cut.points.push_back({step, 0.5});
  curves_ = {cut, {"validation/loss", {{1000, 0.5}, {5000, 0.25}}, 1}};

  const auto watch = Watch("job/full-1/metrics");

  EXPECT_THAT(watch->Next(), testing::StartsWith("id: " + Named(0) + ":1000\n"));
  EXPECT_EQ(last_news_.next_steps.size(), 0u);
  curves_ = {{"train/loss", {{1001, 0.5}, {4000, 0.5}}, 1}};
  EXPECT_THAT(watch->Next(), testing::StartsWith("id: " + Named(0) + ":4000\n"));
  EXPECT_EQ(last_news_.next_steps.at("validation/loss"), 5001);
}

TEST_F(HttpWatchTest, TheCursorIsNeverLowered) {
  curves_ = {{"train/loss", {{41, 0.5}}, 1}};

  EXPECT_THAT(Watch("job/full-1/metrics", "full-1:100")->Next(),
              testing::StartsWith("id: " + Named(0) + ":100\n"));
}

TEST_F(HttpWatchTest, AJobWhoseNameIsGivenAgainIsDeletedOnceForAllItsTopics) {
  const auto watch = Watch("job/full-1,job/full-1/events,job/full-1/metrics");
  watch->Next();
  snapshot_.jobs[0].create_time += 1;
  events_.push_back({.sequence = 9, .type = "Created"});
  curves_ = {{"train/loss", {{1, 0.5}}, 1}};

  EXPECT_EQ(watch->Next(), "event: deleted\ndata: {\"job\":\"jobs/full-1\"}\n\n");
  EXPECT_EQ(watch->Next(), "");
}

TEST_F(HttpWatchTest, ACursorOfAnotherJobOfThatNameIsTheBeginning) {
  const std::string cursor = Named(0) + "@7 " + Named(0) + ":42";
  snapshot_.jobs[0].create_time += 1;

  EXPECT_THAT(Watch("job/full-1/events", cursor)->Next(), HasSubstr("Created"));
  Watch("job/full-1/metrics", cursor)->Next();
  EXPECT_EQ(last_news_.first_step, 0);
}

TEST_F(HttpWatchTest, AResumedStreamRepeatsTheStepOfItsCursor) {
  Watch("job/full-1/metrics", "full-1:42")->Next();

  EXPECT_EQ(last_news_.first_step, 42);
}

TEST_F(HttpWatchTest, AResumedStreamBeginsAfterTheLastEventItSent) {
  events_.push_back({.sequence = 9, .type = "StateChanged"});

  const std::string news = Watch("job/full-1/events", "full-1@7")->Next();

  EXPECT_THAT(news, testing::StartsWith("id: " + Named(0) + "@9\n"));
  EXPECT_THAT(news, testing::Not(HasSubstr("Created")));
}

TEST_F(HttpWatchTest, ForeignTopicsAreRefused) {
  EXPECT_EQ(ReasonFor("/v1/watch?topics=weather"), "TOPICS_INVALID");
  EXPECT_EQ(ReasonFor("/v1/watch?topics=job/full-1/weather"), "TOPICS_INVALID");
  EXPECT_EQ(ReasonFor("/v1/watch"), "TOPICS_INVALID");
}

TEST_F(HttpWatchTest, AForeignCursorIsRefused) {
  EXPECT_EQ(ReasonFor("/v1/watch?topics=jobs&cursor=full-1"), "CURSOR_INVALID");
}

TEST_F(HttpWatchTest, ThereAreNoMoreThan128Streams) {
  std::vector<std::unique_ptr<HttpEvents>> streams;
  for (int i = 0; i < 128; ++i) streams.push_back(Watch("status"));

  EXPECT_EQ(ReasonFor("/v1/watch?topics=status"), "TOO_MANY_STREAMS");
  streams.pop_back();
  EXPECT_NE(Watch("status"), nullptr);
}

}  // namespace
}  // namespace descent
