#include "coordinator/prometheus.h"

#include <gmock/gmock.h>

#include <set>
#include <sstream>

#include "tests/unit/coordinator_shell/http_fixture.h"

namespace descent {
namespace {

using testing::HasSubstr;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(PrometheusTest, EverySampleFollowsTheHeadOfItsFamily) {
  std::string family;
  std::set<std::string> families;
  for (const std::string& line : Lines(PrometheusText(MakeSnapshot(), {}, {}))) {
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
  const std::string text = PrometheusText(MakeSnapshot(), {}, {});

  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"0.0025\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"10\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_bucket{job=\"full-1\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_step_seconds_count{job=\"full-1\"} 2\n"));
}

TEST(PrometheusTest, SavesThatWereSkippedAreCountedBesideThoseThatWereWritten) {
  ClusterSnapshot snapshot;
  snapshot.counters.checkpoints[{"written", "schedule"}] = 5;
  snapshot.counters.checkpoints[{"skipped", "schedule"}] = 2;

  const std::string text = PrometheusText(snapshot, {}, {});

  EXPECT_THAT(text,
              HasSubstr("descent_checkpoints_total{result=\"written\",trigger=\"schedule\"} 5\n"));
  EXPECT_THAT(text,
              HasSubstr("descent_checkpoints_total{result=\"skipped\",trigger=\"schedule\"} 2\n"));
}

TEST(PrometheusTest, TheSlowestRankOfAJobIsToldByItsShare) {
  ClusterSnapshot snapshot;
  WorkerView fast{.job_id = "a", .times = {.steps = 1, .seconds = {{"compute", 1}}}};
  WorkerView slow = fast;
  slow.times.seconds["compute"] = 3;
  WorkerView idle;
  snapshot.pools = {PoolView{.name = "p", .workers = {fast, fast, slow, idle}}};
  snapshot.counters.jobs["a"].phase_seconds["reduce"] = 2.5;

  const std::string text = PrometheusText(snapshot, {}, {});

  EXPECT_THAT(text, HasSubstr("descent_job_rank_skew_ratio{job=\"a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_phase_seconds_total{job=\"a\",phase=\"reduce\"} 2.5\n"));
}

TEST(PrometheusTest, AWorkerThatTellsHasItsProcessorTimeAndMemory) {
  ClusterSnapshot snapshot;
  WorkerView telling{.host = "node-a", .world_rank = 1};
  telling.resources = {.cpu_seconds = 12.5, .resident_bytes = 4096, .host_cpus = 8};
  const WorkerView silent{.host = "node-b"};
  snapshot.pools = {PoolView{.name = "p", .workers = {telling, silent}}};

  const std::string text = PrometheusText(snapshot, {}, {});

  const std::string labels = R"({pool="p",worker="node-a/1"})";
  EXPECT_THAT(text, HasSubstr("descent_worker_cpu_seconds_total" + labels + " 12.5\n"));
  EXPECT_THAT(text, HasSubstr("descent_worker_resident_memory_bytes" + labels + " 4096\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("resident_memory_bytes{pool=\"p\",worker=\"node-b")));
}

TEST(PrometheusTest, LabelValuesAreEscaped) {
  ClusterSnapshot snapshot;
  snapshot.pools = {PoolView{.name = "a\"b\\c\nd"}};

  EXPECT_THAT(PrometheusText(snapshot, {}, {}), HasSubstr("pool=\"a\\\"b\\\\c\\nd\""));
}

TEST(PrometheusTest, MetricsOfAJobAreLabelledWithoutSlashes) {
  EXPECT_THAT(PrometheusText(MakeSnapshot(), {}, {}),
              HasSubstr("descent_job_metric{job=\"full-1\",metric=\"train_loss\"} 0.5\n"));
}

TEST(PrometheusTest, OfManyMetricsTheMostWantedAreTold) {
  ClusterSnapshot snapshot = MakeSnapshot();
  std::map<std::string, double>& metrics = snapshot.jobs[0].latest_metrics;
  metrics = {{"train/loss", 1}, {"validation/loss", 2}, {"train/lr", 3}};
  for (int i = 0; i < 30; ++i) metrics["a/" + std::to_string(100 + i)] = i;

  const std::string text = PrometheusText(snapshot, {}, {});

  EXPECT_THAT(text, HasSubstr("metric=\"train_loss\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("metric=\"train_lr\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("metric=\"a_112\"} 12\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("metric=\"a_113\"")));
}

TEST(PrometheusTest, WaitingJobsAreCountedByWhatTheyWaitFor) {
  ClusterSnapshot snapshot = MakeSnapshot();
  snapshot.queue["other"] = {2, {"PoolTooSmall", "needs 9 workers", {}}};

  const std::string text = PrometheusText(snapshot, {}, {});

  EXPECT_THAT(text, HasSubstr("descent_queue_pending_jobs{reason=\"PoolTooSmall\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_queue_pending_jobs{reason=\"WaitingForWorkers\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_queue_pending_jobs{reason=\"Backoff\"} 0\n"));
}

TEST(PrometheusTest, TokensAreThoseOfTheSamples) {
  ClusterSnapshot snapshot = MakeSnapshot();
  EXPECT_THAT(PrometheusText(snapshot, {}, {}),
              testing::Not(HasSubstr("descent_job_tokens_total{")));

  snapshot.jobs[0].spec.model.architecture = GptSpec{.context_length = 256};

  const std::string text = PrometheusText(snapshot, {}, {});
  EXPECT_THAT(text, HasSubstr("descent_job_tokens_total{job=\"full-1\"} 32768\n"));
  EXPECT_THAT(text, HasSubstr("descent_job_info{job=\"full-1\",model=\"gpt\",device=\"cpu\","
                              "world_size=\"2\"} 1\n"));
}

TEST(PrometheusTest, StreamsThatAreOpenAreThoseThatWereStartedAndHaveNotEnded) {
  MethodCalls calls{
      .service = "descent.v1.JobService", .method = "WatchJobs", .type = "server_stream"};
  calls.started = 3;
  calls.seconds.Add(60);
  const StreamMeasurements streams{.http_watches = 4, .dropped_versions = 5};

  const std::string text = PrometheusText(
      {}, {.facts = {}, .logs = {}, .calls = {calls}, .http = {}, .streams = streams}, {});

  EXPECT_THAT(text, HasSubstr("descent_stream_subscribers{kind=\"jobs\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("descent_stream_subscribers{kind=\"logs\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("descent_stream_subscribers{kind=\"http\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("descent_stream_dropped_messages_total{kind=\"jobs\"} 5\n"));
}

TEST(PrometheusTest, LogLinesAreCountedBySeverityAndByTheReasonOfTheirLoss) {
  const LogCounters logs{.stored = {0, 7, 2, 1}, .dropped_by_rank = 3, .dropped_as_oldest = 4};

  const std::string text = PrometheusText(MakeSnapshot(), {.facts = {}, .logs = logs}, {});

  EXPECT_THAT(text, HasSubstr("descent_log_lines_total{severity=\"debug\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("descent_log_lines_total{severity=\"warning\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("descent_log_dropped_lines_total{reason=\"rank_buffer_full\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("descent_log_dropped_lines_total{reason=\"log_too_long\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("descent_log_dropped_lines_total{reason=\"unwanted\"} 0\n"));
}

TEST(PrometheusTest, CallsAreToldUnderTheNamesThatDashboardsKnow) {
  MethodCalls calls{.service = "descent.v1.JobService", .method = "GetJob", .type = "unary"};
  calls.started = 3;
  calls.handled = {{"OK", 1}, {"NotFound", 1}};
  calls.seconds.Add(0.002);
  calls.seconds.Add(2);

  const std::string text =
      PrometheusText({}, {.facts = {}, .logs = {}, .calls = {calls}, .http = {}}, {});

  const std::string labels =
      R"(grpc_service="descent.v1.JobService",grpc_method="GetJob",grpc_type="unary")";
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total{" + labels + "} 3\n"));
  EXPECT_THAT(text,
              HasSubstr("grpc_server_handled_total{" + labels + ",grpc_code=\"NotFound\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("grpc_server_handling_seconds_bucket{" + labels + ",le=\"0.0025\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("grpc_server_handling_seconds_count{" + labels + "} 2\n"));
}

TEST(PrometheusTest, RequestsAreCountedByHandlerMethodAndCode) {
  HttpCounters counters;
  counters.Add({"/v1/jobs/{job}", "GET", "200"}, 0.004);
  counters.Add({"/v1/jobs/{job}", "GET", "200"}, 0.004);
  counters.Add({"/v1/jobs/{job}", "GET", "404"}, 0.004);

  const std::string text = PrometheusText(
      MakeSnapshot(), {.facts = {}, .logs = {}, .calls = {}, .http = counters.Read()}, {});

  const std::string found = "{handler=\"/v1/jobs/{job}\",method=\"GET\",code=\"200\"";
  EXPECT_THAT(text, HasSubstr("http_requests_total" + found + "} 2\n"));
  EXPECT_THAT(text, HasSubstr("code=\"404\"} 1\n"));
  EXPECT_THAT(text,
              HasSubstr("http_request_duration_seconds_bucket" + found + ",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("http_request_duration_seconds_count" + found + "} 2\n"));
}

TEST(PrometheusTest, MessagesOfWebhooksAreCountedByResult) {
  const WebhookCounts counts{.delivered = 3, .failed = 2, .dropped = 1, .pending = 4};

  const std::string text = PrometheusText(
      {}, {.facts = {}, .logs = {}, .calls = {}, .http = {}, .webhooks = counts}, {});

  EXPECT_THAT(text, HasSubstr("descent_webhook_deliveries_total{result=\"delivered\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("descent_webhook_deliveries_total{result=\"failed\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("descent_webhook_deliveries_total{result=\"dropped\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("descent_webhook_pending 4\n"));
}

TEST(PrometheusTest, OpenMetricsNamesTheFamilyOfACounterWithoutItsSuffix) {
  const std::string text = PrometheusText(MakeSnapshot(), {}, ExpositionFormat::kOpenMetrics);

  EXPECT_THAT(text, HasSubstr("# TYPE descent_jobs_submitted counter\n"
                              "descent_jobs_submitted_total 0\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("_total counter")));
  EXPECT_THAT(text, testing::EndsWith("\n# EOF\n"));
}

TEST(PrometheusTest, OpenMetricsHasBoundsWithAPoint) {
  const std::string text = PrometheusText(MakeSnapshot(), {}, ExpositionFormat::kOpenMetrics);

  EXPECT_THAT(text, HasSubstr("le=\"10.0\"}"));
  EXPECT_THAT(text, HasSubstr("le=\"+Inf\"}"));
  EXPECT_THAT(text, testing::Not(HasSubstr("le=\"10\"}")));
}

TEST(PrometheusTest, EveryCounterEndsInTotal) {
  for (const std::string& line : Lines(PrometheusText(MakeSnapshot(), {}, {}))) {
    if (!line.starts_with("# TYPE ") || !line.ends_with(" counter")) continue;
    EXPECT_TRUE(line.ends_with("_total counter")) << line;
  }
}

TEST(PrometheusTest, AJobThatEndedLongAgoHasNoSeriesOfItsOwn) {
  ClusterSnapshot snapshot = MakeSnapshot();
  snapshot.counters = {};
  snapshot.jobs[0].state = JobState::kSucceeded;
  snapshot.jobs[0].end_time = snapshot.wall - 16 * 60;

  EXPECT_THAT(PrometheusText(snapshot, {}, {}), testing::Not(HasSubstr("job=\"full-1\"")));
}

}  // namespace
}  // namespace descent
