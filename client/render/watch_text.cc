#include "client/render/watch_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "client/render/format.h"
#include "client/render/progress_text.h"
#include "common/evaluation.h"
#include "common/median.h"

namespace descent {
namespace {

constexpr std::string_view kValidation = "validation/";

// The metric that a name of the validation split stands for.
std::optional<EvaluationMetric> ValidationMetric(std::string_view name) {
  if (!name.starts_with(kValidation)) return std::nullopt;
  return MetricFromName(name.substr(kValidation.size()));
}

// Losses and errors fall.
bool IsLowerBetter(EvaluationMetric metric) { return IsBetter(metric, 0, 1); }

std::string ValidationText(const std::string& name, double value, const BestValues& best) {
  std::string text = fmt::format("{} {}", name, FormatMetric(value));
  if (const auto found = best.find(name); found != best.end())
    text += fmt::format(" (best {} @{})", FormatMetric(found->second.value), found->second.step);
  return text;
}

std::vector<std::string> MetricTexts(const JobView& job, const BestValues& best) {
  std::vector<std::string> texts;
  const auto add = [&](const char* name, std::string_view shown) {
    const auto metric = job.latest_metrics.find(name);
    if (metric != job.latest_metrics.end())
      texts.push_back(fmt::format("{} {}", shown, FormatMetric(metric->second)));
  };
  add("train/loss", "train/loss");
  for (const EvaluationMetric metric : kAllEvaluationMetrics) {
    const std::string name = fmt::format("{}{}", kValidation, MetricName(metric));
    if (const auto value = job.latest_metrics.find(name); value != job.latest_metrics.end())
      texts.push_back(ValidationText(name, value->second, best));
  }
  add("train/lr", "lr");
  add("train/grad_norm", "grad_norm");
  return texts;
}

std::vector<std::string> StandingTexts(const JobView& job, const WatchFacts& facts, double now) {
  std::vector<std::string> texts;
  if (const auto& checkpoint = job.latest_checkpoint)
    texts.push_back(fmt::format("last checkpoint step {} ({} ago)", checkpoint->step,
                                FormatDuration(now - checkpoint->create_time)));
  if (facts.slowest)
    texts.push_back(fmt::format("slowest rank {} ({:.2f} x median)", facts.slowest->rank,
                                facts.slowest->ratio));
  return texts;
}

// Two spaces apart, in as many lines as that takes.
void AddWrapped(const std::vector<std::string>& texts, int columns,
                std::vector<std::string>& lines) {
  std::string line;
  for (const std::string& text : texts) {
    if (!line.empty() && static_cast<int>(line.size() + 2 + text.size()) > columns) {
      lines.push_back(line);
      line.clear();
    }
    if (!line.empty()) line += "  ";
    line += text;
  }
  if (!line.empty()) lines.push_back(line);
}

}  // namespace

std::optional<SlowestRank> FindSlowestRank(const JobView& job, const std::vector<PoolView>& pools) {
  std::vector<double> seconds;
  SlowestRank slowest;
  double most = 0;
  for (const PoolView& pool : pools)
    for (const WorkerView& worker : pool.workers) {
      if (worker.job != job.id || !worker.own_step_seconds) continue;
      seconds.push_back(*worker.own_step_seconds);
      if (*worker.own_step_seconds <= most) continue;
      most = *worker.own_step_seconds;
      const auto name = fmt::format("{}/{}", worker.host, worker.world_rank);
      slowest.rank = static_cast<int>(std::ranges::find(job.workers, name) - job.workers.begin());
    }
  if (seconds.size() < 2) return std::nullopt;
  const double median = Median(std::move(seconds));
  if (median <= 0) return std::nullopt;
  slowest.ratio = most / median;
  return slowest;
}

BestValues FindBest(const std::vector<MetricSummaryView>& metrics) {
  BestValues best;
  for (const MetricSummaryView& summary : metrics) {
    const auto metric = ValidationMetric(summary.name);
    if (!metric) continue;
    const auto& point = IsLowerBetter(*metric) ? summary.min : summary.max;
    if (point) best[summary.name] = *point;
  }
  return best;
}

std::vector<std::string> WatchLines(const JobView& job, const WatchFacts& facts, int columns,
                                    double now) {
  std::vector<std::string> lines = {PaceText(job, columns)};
  AddWrapped(MetricTexts(job, facts.best), columns, lines);
  AddWrapped(StandingTexts(job, facts, now), columns, lines);
  return lines;
}

}  // namespace descent
