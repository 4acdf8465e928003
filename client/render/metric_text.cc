#include "client/render/metric_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "client/render/format.h"
#include "client/render/table.h"

namespace descent {
namespace {

std::string AtStep(const std::optional<MetricPointView>& point) {
  if (!point) return "-";
  return fmt::format("{} @{}", FormatMetric(point->value), FormatGrouped(point->step));
}

std::vector<std::string> SpreadCells(const MetricPointView& point) {
  if (!point.spread) return {"-", "-", "-"};
  return {fmt::format("{}", point.spread->min), fmt::format("{}", point.spread->max),
          std::to_string(point.spread->count)};
}

const MetricSummaryView* FindMetric(const ComparedJobView& job, const std::string& name) {
  const auto found = std::ranges::find(job.metrics, name, &MetricSummaryView::name);
  return found == job.metrics.end() ? nullptr : &*found;
}

std::vector<std::string> MetricNames(const ComparisonView& comparison) {
  std::vector<std::string> names;
  for (const ComparedJobView& job : comparison.jobs)
    for (const MetricSummaryView& metric : job.metrics) names.push_back(metric.name);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Rows of one metric: what `text` says of it for each job.
template <typename Text>
void AddMetricRow(Table& table, const ComparisonView& comparison, const std::string& name,
                  const std::string& what, const Text& text) {
  std::vector<std::string> cells = {name + "  " + what};
  for (const ComparedJobView& job : comparison.jobs) {
    const MetricSummaryView* const metric = FindMetric(job, name);
    cells.push_back(metric == nullptr ? "-" : text(*metric));
  }
  table.AddRow(std::move(cells));
}

}  // namespace

std::string MetricTable(const std::vector<MetricSummaryView>& metrics) {
  Table table({"METRIC", "POINTS", "LAST", "LOWEST", "HIGHEST"});
  for (const MetricSummaryView& metric : metrics)
    table.AddRow({metric.name, FormatGrouped(metric.points), AtStep(metric.last),
                  AtStep(metric.min), AtStep(metric.max)});
  return table.ToString();
}

std::string PointTable(const std::vector<MetricSeriesView>& series, const std::string& axis) {
  const bool has_jobs = std::ranges::adjacent_find(series, std::ranges::not_equal_to(),
                                                   &MetricSeriesView::job) != series.end();
  const bool has_means = std::ranges::any_of(
      series, [](const MetricSeriesView& curve) { return curve.bucket_steps > 1; });
  // The columns that there are, of those that may be.
  const auto row = [&](const std::string& job, const std::string& name, const std::string& step,
                       const std::string& x, const std::string& value,
                       const std::vector<std::string>& spread) {
    std::vector<std::string> cells;
    if (has_jobs) cells.push_back(job);
    cells.insert(cells.end(), {name, step});
    if (!axis.empty()) cells.push_back(x);
    cells.push_back(value);
    if (has_means) cells.insert(cells.end(), spread.begin(), spread.end());
    return cells;
  };
  Table table(row("JOB", "METRIC", "STEP", axis, "VALUE", {"LOWEST", "HIGHEST", "COUNT"}));
  std::string means;
  for (const MetricSeriesView& curve : series) {
    for (const MetricPointView& point : curve.points)
      table.AddRow(row(curve.job, curve.name, std::to_string(point.step),
                       point.x ? fmt::format("{}", *point.x) : "-", fmt::format("{}", point.value),
                       SpreadCells(point)));
    if (curve.bucket_steps > 1)
      means += fmt::format("{}{}: means over {} steps\n", has_jobs ? curve.job + " " : "",
                           curve.name, FormatGrouped(curve.bucket_steps));
  }
  return table.ToString() + means;
}

std::string ComparisonText(const ComparisonView& comparison) {
  std::vector<std::string> header = {""};
  std::vector<std::string> states = {"state"};
  for (const ComparedJobView& job : comparison.jobs) {
    header.push_back(job.id);
    states.push_back(job.state);
  }
  Table table(header);
  table.AddRow(states);
  for (const DifferingFieldView& field : comparison.differences) {
    std::vector<std::string> cells = {field.field};
    for (const std::string& value : field.values) cells.push_back(OrDash(value));
    table.AddRow(std::move(cells));
  }
  for (const std::string& name : MetricNames(comparison)) {
    AddMetricRow(table, comparison, name, "last",
                 [](const MetricSummaryView& metric) { return AtStep(metric.last); });
    AddMetricRow(table, comparison, name, "lowest",
                 [](const MetricSummaryView& metric) { return AtStep(metric.min); });
    AddMetricRow(table, comparison, name, "highest",
                 [](const MetricSummaryView& metric) { return AtStep(metric.max); });
  }
  return table.ToString();
}

}  // namespace descent
