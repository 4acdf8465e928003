#include "client/watch_view.h"

#include <utility>
#include <vector>

#include "client/render/job_text.h"
#include "common/clock.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

// The answer names every worker of every pool.
constexpr std::chrono::seconds kSlowestInterval{5};

std::map<std::string, double> ValidationOf(const JobView& job) {
  std::map<std::string, double> values;
  for (const auto& [name, value] : job.latest_metrics)
    if (name.starts_with("validation/")) values.emplace(name, value);
  return values;
}

bool HasProgress(const JobView& job) {
  return job.state == "RUNNING" && job.progress.last_step > 0;
}

}  // namespace

WatchView::WatchView(Client& client, const Endpoint& endpoint, Console& console,
                     std::string way_out)
    : client_(client), metrics_(endpoint), console_(console), way_out_(std::move(way_out)) {}

void WatchView::Show(const JobView& job) {
  job_ = job;
  is_slowest_due_ = true;
  std::string state = StateText(job);
  if (state != last_state_) {
    console_.Say(state);
    last_state_ = std::move(state);
    facts_.slowest.reset();
  }
  if (HasProgress(job)) LookUpBest();
  Refresh();
}

void WatchView::Refresh() {
  if (!job_ || job_->IsTerminal()) return;
  LookUpSlowest();
  std::vector<std::string> lines;
  if (HasProgress(*job_))
    lines = WatchLines(*job_, facts_, console_.LiveColumns(), SecondsSinceEpoch());
  lines.push_back(way_out_);
  console_.LiveLines(lines);
}

void WatchView::LookUpBest() {
  std::map<std::string, double> validation = ValidationOf(*job_);
  if (validation == last_validation_) return;
  const auto summaries = metrics_.List(job_->id);
  if (!summaries.ok()) return;
  facts_.best = FindBest(summaries.value().metrics);
  last_validation_ = std::move(validation);
}

// Only after news of the job: a coordinator that is away would be waited for.
void WatchView::LookUpSlowest() {
  if (!is_slowest_due_ || !HasProgress(*job_) || job_->workers.size() < 2) return;
  if (Clock::now() < next_slowest_) return;
  next_slowest_ = Clock::now() + kSlowestInterval;
  is_slowest_due_ = false;
  const auto cluster = client_.GetClusterStatus();
  if (cluster.ok()) facts_.slowest = FindSlowestRank(*job_, cluster.value().pools);
}

}  // namespace descent
