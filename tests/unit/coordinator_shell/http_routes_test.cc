#include "coordinator/http_routes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "coordinator/prometheus.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

using nlohmann::json;
using testing::HasSubstr;

ClusterSnapshot MakeSnapshot() {
  ClusterSnapshot snapshot;
  snapshot.jobs = {MakeFullJob(), MakeJob("waiting", 3)};
  snapshot.queue["waiting"] = {1, "needs 4 workers"};
  PoolView pool{.name = "local", .world_size = 2, .free = 1, .is_ready = true};
  pool.workers = {{.host = "a", .world_rank = 0, .job_id = "full-1", .phase = "compute"},
                  {.host = "a", .world_rank = 1}};
  snapshot.pools = {pool};
  snapshot.counters.jobs["full-1"].step_times.Add(0.004);
  snapshot.counters.jobs["full-1"].step_times.Add(100);
  snapshot.counters.jobs["full-1"].samples = 128;
  snapshot.wall = 2000;
  return snapshot;
}

class HttpRoutesTest : public testing::Test {
 protected:
  HttpResponse Get(const std::string& target) {
    return routes_.Handle({"GET", target, "localhost:8080"});
  }
  json GetJson(const std::string& target) {
    const HttpResponse response = Get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
    return json::parse(response.body);
  }

  ClusterSnapshot snapshot_ = MakeSnapshot();
  Status readiness_;
  MetricQuery last_query_;
  HttpRoutes routes_{
      {.snapshot = [this]() -> Result<ClusterSnapshot> { return snapshot_; },
       .metrics = [this](const MetricQuery& query) -> Result<std::vector<MetricCurve>> {
         last_query_ = query;
         return std::vector<MetricCurve>{{"train/loss", {{1, 0.5}}, 1}};
       },
       .readiness = [this] { return readiness_; },
       .process = [] { return ProcessFacts{.start_time = 1900}; }},
      "192.168.0.7"};
};

TEST_F(HttpRoutesTest, TheProcessIsAliveWhileItAnswers) { EXPECT_EQ(Get("/livez").body, "ok\n"); }

TEST_F(HttpRoutesTest, ReadyzSaysWhyItIsNotReady) {
  readiness_ = Status(Code::kResourceExhausted, "disk full");

  const HttpResponse response = Get("/readyz");

  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "disk full\n");
}

TEST_F(HttpRoutesTest, VerboseReadyzNamesTheChecks) {
  EXPECT_THAT(Get("/readyz?verbose").body, HasSubstr("[+] state store"));
}

TEST_F(HttpRoutesTest, StatusShowsServerJobsRunningAndWorkers) {
  const json status = GetJson("/v1/status");

  EXPECT_EQ(status["server"]["uptimeSeconds"], 100);
  EXPECT_EQ(status["jobs"]["RUNNING"], 1);
  EXPECT_EQ(status["jobs"]["FAILED"], 0);
  EXPECT_EQ(status["slots"]["cpu"]["total"], 2);
  EXPECT_EQ(status["slots"]["cpu"]["allocated"], 1);
  EXPECT_EQ(status["running"][0]["name"], "jobs/full-1");
  EXPECT_EQ(status["running"][0]["latestMetrics"]["train/loss"], 0.5);
  EXPECT_EQ(status["pools"][0]["workers"][0]["phase"], "compute");
}

TEST_F(HttpRoutesTest, JobsAreTheProtosInLowerCamelCase) {
  const json list = GetJson("/v1/jobs");

  ASSERT_EQ(list["jobs"].size(), 2u);
  EXPECT_EQ(list["jobs"][0]["name"], "jobs/full-1");
  EXPECT_EQ(list["jobs"][0]["state"], "JOB_STATE_RUNNING");
  EXPECT_EQ(list["jobs"][0]["progress"]["lastStep"], "80");
  EXPECT_EQ(list["jobs"][0]["latestCheckpoint"]["name"], "jobs/full-1/checkpoints/40");
  EXPECT_EQ(list["jobs"][1]["queueStatus"]["message"], "needs 4 workers");
}

TEST_F(HttpRoutesTest, ThePageTokenLeadsToTheNextPage) {
  const json first = GetJson("/v1/jobs?page_size=1");
  const std::string token = first["nextPageToken"];

  const json second = GetJson("/v1/jobs?page_size=1&page_token=" + token);

  ASSERT_EQ(second["jobs"].size(), 1u);
  EXPECT_EQ(second["jobs"][0]["name"], "jobs/waiting");
  EXPECT_EQ(second["nextPageToken"], "");
}

TEST_F(HttpRoutesTest, AForeignPageTokenIsRefused) {
  EXPECT_EQ(Get("/v1/jobs?page_token=x").status, 400);
}

TEST_F(HttpRoutesTest, APageSizeThatIsNoNumberIsRefused) {
  EXPECT_EQ(Get("/v1/jobs?page_size=many").status, 400);
}

TEST_F(HttpRoutesTest, OneJobHasItsOwnAddress) {
  EXPECT_EQ(GetJson("/v1/jobs/waiting")["name"], "jobs/waiting");
}

TEST_F(HttpRoutesTest, AnUnknownJobIsAnErrorInJson) {
  const HttpResponse response = Get("/v1/jobs/nobody");

  EXPECT_EQ(response.status, 404);
  const json error = json::parse(response.body)["error"];
  EXPECT_EQ(error["code"], 404);
  EXPECT_EQ(error["status"], "NOT_FOUND");
  EXPECT_EQ(error["message"], "jobs/nobody does not exist");
  EXPECT_EQ(error["details"][0]["reason"], "JOB_NOT_FOUND");
}

TEST_F(HttpRoutesTest, MetricsAreAskedForByDecodedNames) {
  const json metrics =
      GetJson("/v1/jobs/full-1/metrics?names=train%2Floss,validation/loss&max_points=50");

  EXPECT_EQ(last_query_.job_id, "full-1");
  EXPECT_EQ(last_query_.names, (std::vector<std::string>{"train/loss", "validation/loss"}));
  EXPECT_EQ(last_query_.points_max, 50);
  EXPECT_EQ(metrics["series"][0]["points"][0]["value"], 0.5);
  EXPECT_EQ(metrics["series"][0]["downsampled"], false);
}

TEST_F(HttpRoutesTest, MetricsOfAnUnknownJobAreNotFound) {
  EXPECT_EQ(Get("/v1/jobs/nobody/metrics").status, 404);
}

TEST_F(HttpRoutesTest, UnknownPathsAreNotFound) {
  for (const char* target : {"/nothing", "/v1/nothing", "/assets/../main.cc", "/v1/jobs/full-1/x"})
    EXPECT_EQ(Get(target).status, 404) << target;
}

TEST_F(HttpRoutesTest, OnlyReadingIsAllowed) {
  const HttpResponse response = routes_.Handle({"POST", "/v1/jobs", "localhost"});

  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers[0], std::make_pair(std::string("Allow"), std::string("GET, HEAD")));
}

TEST_F(HttpRoutesTest, OnlyNamesOfThisServerAreAllowedAsHost) {
  for (const char* host :
       {"localhost", "localhost:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "192.168.0.7:8080"})
    EXPECT_EQ(routes_.Handle({"GET", "/livez", host}).status, 200) << host;
  for (const char* host : {"", "evil.example", "localhost.evil.example:8080", "10.0.0.1"})
    EXPECT_EQ(routes_.Handle({"GET", "/livez", host}).status, 403) << host;
}

TEST_F(HttpRoutesTest, ThePageMayLoadOnlyItsOwnFiles) {
  const HttpResponse response = Get("/");

  EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(response.headers[0].second, HasSubstr("default-src 'none'"));
  EXPECT_THAT(response.body, HasSubstr("assets/page.js"));
  EXPECT_EQ(Get("/assets/page.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(Get("/assets/page.css").content_type, "text/css; charset=utf-8");
}

TEST_F(HttpRoutesTest, MetricsArePrometheusText) {
  EXPECT_EQ(Get("/metrics").content_type, "text/plain; version=0.0.4; charset=utf-8");
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(PrometheusTest, EverySampleFollowsTheHeadOfItsFamily) {
  std::string family;
  std::set<std::string> families;
  for (const std::string& line : Lines(PrometheusText(MakeSnapshot(), {}))) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family << " appears twice";
    } else if (!line.starts_with("# HELP ")) {
      EXPECT_THAT(line, testing::MatchesRegex("[a-z_]+([{][^}]*[}])? [-+0-9.eNaInf]+"));
      EXPECT_TRUE(line.starts_with(family)) << line << " in " << family;
    }
  }
  EXPECT_THAT(families, testing::Contains("descent_jobs"));
}

TEST(PrometheusTest, HistogramBucketsCountEverythingBelowTheirBound) {
  const std::string text = PrometheusText(MakeSnapshot(), {});

  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_count{job=\"full-1\"} 2\n"));
}

TEST(PrometheusTest, LabelValuesAreEscaped) {
  ClusterSnapshot snapshot;
  snapshot.pools = {PoolView{.name = "a\"b\\c\nd"}};

  EXPECT_THAT(PrometheusText(snapshot, {}), HasSubstr("pool=\"a\\\"b\\\\c\\nd\""));
}

TEST(PrometheusTest, MetricsOfAJobAreLabelledWithoutSlashes) {
  EXPECT_THAT(PrometheusText(MakeSnapshot(), {}),
              HasSubstr("descent_job_metric{job=\"full-1\",metric=\"train_loss\"} 0.5\n"));
}

TEST(PrometheusTest, AJobThatEndedLongAgoHasNoSeriesOfItsOwn) {
  ClusterSnapshot snapshot = MakeSnapshot();
  snapshot.counters = {};
  snapshot.jobs[0].state = JobState::kSucceeded;
  snapshot.jobs[0].end_time = snapshot.wall - 16 * 60;

  EXPECT_THAT(PrometheusText(snapshot, {}), testing::Not(HasSubstr("job=\"full-1\"")));
}

}  // namespace
}  // namespace descent
