#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/http_routes.h"
#include "coordinator/job_view.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/coordinator_shell/make_job.h"
#include "tests/unit/coordinator_shell/token_directory.h"

namespace descent {

// A running job, one that waits, and a pool of two workers.
inline ClusterSnapshot MakeSnapshot() {
  ClusterSnapshot snapshot;
  snapshot.jobs = {MakeFullJob(), MakeJob("waiting", 3)};
  snapshot.queue["waiting"] = {1, {"WaitingForWorkers", "needs 4 workers", {}}};
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

// Routes over that snapshot, and what else a test says.
class HttpRoutesTest : public testing::Test {
 protected:
  enum class Changes { kNone, kServed };

  explicit HttpRoutesTest(Admission admission = Admission::kEverybody,
                          Changes changes = Changes::kNone)
      : admission_(admission), changes_(changes) {}

  HttpResponse Get(const std::string& target) {
    return routes_.Handle({"GET", target, "localhost:8080"});
  }
  nlohmann::json GetJson(const std::string& target) {
    const HttpResponse response = Get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.content_type, "application/json; charset=utf-8");
    return nlohmann::json::parse(response.body);
  }

  ClusterSnapshot snapshot_ = MakeSnapshot();
  Status readiness_;
  double cycle_age_seconds_ = 0.5;
  JobChange last_change_;
  MetricQuery last_query_;
  MetricNews last_news_;
  std::vector<MetricCurve> curves_ = {{"train/loss", {{1, 0.5, 1700}}, 1}};
  std::vector<StoredEvent> events_ = {{.sequence = 7, .type = "Created", .reason = "Submitted"}};
  std::vector<MethodCalls> calls_;
  const TemporaryDirectory logs_directory_;
  LogStore logs_{logs_directory_.path()};
  const TokenDirectory tokens_;
  const TemporaryDirectory metrics_directory_;
  MetricStore metrics_{metrics_directory_.path()};
  const Admission admission_;
  const Changes changes_;
  const Authenticator authenticator_{tokens_.store(), admission_};
  HttpRoutes routes_{MakeBackend(), "192.168.0.7", authenticator_};

 private:
  HttpBackend MakeBackend() {
    HttpBackend backend;
    backend.snapshot = [this]() -> Result<ClusterSnapshot> { return snapshot_; };
    backend.recent_snapshot = [this]() -> Result<std::shared_ptr<const ClusterSnapshot>> {
      return std::make_shared<const ClusterSnapshot>(snapshot_);
    };
    backend.job = [this](const std::string& id) -> Result<JobInQueue> { return Find(id); };
    backend.events = [this](const std::string&, std::int64_t after,
                            int) -> Result<std::vector<StoredEvent>> {
      std::vector<StoredEvent> later = events_;
      std::erase_if(later, [&](const StoredEvent& event) { return event.sequence <= after; });
      return later;
    };
    backend.metrics = [this](const MetricQuery& query) -> Result<std::vector<MetricCurve>> {
      last_query_ = query;
      return curves_;
    };
    backend.metric_news = [this](const MetricNews& news) -> Result<std::vector<MetricCurve>> {
      last_news_ = news;
      return std::exchange(curves_, {});
    };
    backend.summaries =
        [](const std::string&,
           const std::vector<std::string>& names) -> Result<std::vector<MetricSummary>> {
      return std::vector<MetricSummary>{{.name = names.empty() ? "train/loss" : names[0]}};
    };
    backend.metric_rows = [this](const std::string&, const std::vector<std::string>& names) {
      return MetricRows::Open(metrics_.FileOf("full-1"), names);
    };
    backend.health = [this] { return RuntimeHealth{readiness_, cycle_age_seconds_}; };
    backend.calls = [this] { return calls_; };
    backend.process = [] { return ProcessFacts{.start_time = 1900}; };
    backend.logs = &logs_;
    if (changes_ == Changes::kServed)
      backend.change = [this](const JobChange& change) -> HttpResponse {
        last_change_ = change;
        return {200, "application/json; charset=utf-8", "{}"};
      };
    return backend;
  }

  Result<JobInQueue> Find(const std::string& id) {
    for (const Job& job : snapshot_.jobs)
      if (job.id == id) return JobInQueue{job, FindQueuePosition(snapshot_, id)};
    return Status(Code::kNotFound, "jobs/" + id + " does not exist");
  }
};

}  // namespace descent
