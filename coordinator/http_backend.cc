#include "coordinator/http_backend.h"

#include <chrono>
#include <mutex>

namespace descent {
namespace {

constexpr std::chrono::milliseconds kSnapshotAgeMax{500};

// A copy of the cluster's state costs time on the owner thread; those who follow it share one. Any
// thread.
class RecentSnapshot {
 public:
  Result<std::shared_ptr<const ClusterSnapshot>> Get(Runtime& runtime) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (newest_ != nullptr && now - taken_ < kSnapshotAgeMax) return newest_;
    DESCENT_ASSIGN(ClusterSnapshot snapshot, runtime.Snapshot());
    newest_ = std::make_shared<const ClusterSnapshot>(std::move(snapshot));
    taken_ = now;
    return newest_;
  }

 private:
  std::mutex mutex_;  // guards the following; who waits for it wants the same snapshot
  std::shared_ptr<const ClusterSnapshot> newest_;
  std::chrono::steady_clock::time_point taken_;
};

}  // namespace

HttpBackend MakeHttpBackend(Runtime& runtime, const CallCounters& calls,
                            const std::filesystem::path& state_directory) {
  HttpBackend backend;
  backend.snapshot = [&runtime] { return runtime.Snapshot(); };
  backend.recent_snapshot = [&runtime, recent = std::make_shared<RecentSnapshot>()] {
    return recent->Get(runtime);
  };
  backend.job = [&runtime](const std::string& job_id) { return runtime.FindJobInQueue(job_id); };
  backend.events = [&runtime](const std::string& job_id, std::int64_t after, int count_max) {
    return runtime.Events(job_id, after, count_max);
  };
  backend.metrics = [&runtime](const MetricQuery& query) { return runtime.metrics().Query(query); };
  backend.metric_news = [&runtime](const MetricNews& news) {
    return runtime.metrics().ReadNews(news);
  };
  backend.metric_rows = [&runtime](const std::string& job_id,
                                   const std::vector<std::string>& names) {
    return MetricRows::Open(runtime.metrics().FileOf(job_id), names);
  };
  backend.summaries = [&runtime](const std::string& job_id, const std::vector<std::string>& names) {
    return runtime.metrics().Summarize(job_id, names);
  };
  backend.health = [&runtime] { return runtime.Health(); };
  backend.process = [state_directory] { return ReadProcessFacts(state_directory); };
  backend.calls = [&calls] { return calls.Read(); };
  backend.logs = &runtime.logs();
  return backend;
}

}  // namespace descent
