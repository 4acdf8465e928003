#include "worker/data/describe_datasets.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>
#include <vector>

#include "worker/data/sample_buffer.h"
#include "worker/data/value_summary.h"

namespace descent {
namespace {

constexpr std::int64_t kRowsAtOnce = 256;
constexpr std::size_t kShownMax = 12;  // values of a sample, classes

template <typename Value>
std::string Listed(std::span<const Value> values) {
  const std::size_t shown = std::min(kShownMax, values.size());
  return fmt::format("[{:.6g}{}]", fmt::join(values.first(shown), ", "),
                     shown < values.size() ? fmt::format(", … {} in all", values.size()) : "");
}

std::string Listed(std::span<const std::int32_t> values) {
  const std::size_t shown = std::min(kShownMax, values.size());
  return fmt::format("[{}{}]", fmt::join(values.first(shown), ", "),
                     shown < values.size() ? fmt::format(", … {} in all", values.size()) : "");
}

std::string ShapeOf(const SampleFormat& format) {
  std::string input = fmt::format("{} features", format.feature_count);
  if (format.image)
    input = fmt::format("images of {} x {} x {}", format.image->channels, format.image->height,
                        format.image->width);
  if (format.token_count > 0) input = fmt::format("{} tokens", format.token_count);
  return format.target_count > 0 ? fmt::format("{}, {} targets", input, format.target_count)
                                 : fmt::format("{}, {} classes", input, format.class_count);
}

// What is found on the way through all samples of a split.
struct Findings {
  ValueSummary features;
  ValueSummary targets;
  std::vector<std::int64_t> class_counts;
  std::int64_t ignored_labels = 0;
  std::string first_sample;
};

std::string SampleText(const SampleBuffer& row, const SampleFormat& format) {
  const std::string input = format.token_count > 0 ? Listed(row.tokens()) : Listed(row.features());
  return fmt::format("{} -> {}", input,
                     format.target_count > 0 ? Listed(row.targets()) : Listed(row.labels()));
}

Findings Read(const Dataset& split) {
  const SampleFormat format = split.format();
  Findings findings;
  findings.class_counts.resize(static_cast<std::size_t>(format.class_count));
  SampleBuffer buffer(format, kRowsAtOnce);
  const std::vector<std::int64_t> first = {0};
  buffer.Fill(split, first);
  findings.first_sample = SampleText(buffer, format);
  std::vector<std::int64_t> samples;
  for (std::int64_t row = 0; row < split.sample_count(); row += kRowsAtOnce) {
    samples.resize(static_cast<std::size_t>(std::min(kRowsAtOnce, split.sample_count() - row)));
    std::iota(samples.begin(), samples.end(), row);
    buffer.Fill(split, samples);
    for (const float value : buffer.features()) findings.features.Add(double{value});
    for (const float value : buffer.targets()) findings.targets.Add(double{value});
    for (const std::int32_t label : buffer.labels())
      ++(label == kIgnoredLabel ? findings.ignored_labels
                                : findings.class_counts[static_cast<std::size_t>(label)]);
  }
  return findings;
}

std::string ClassCounts(const Findings& findings, const Datasets& datasets) {
  const std::vector<std::int64_t>& counts = findings.class_counts;
  std::string text;
  const std::size_t shown = std::min(kShownMax, counts.size());
  for (std::size_t label = 0; label < shown; ++label) {
    const std::string name =
        datasets.table ? datasets.table->classes[label] : fmt::to_string(label);
    text += fmt::format("{}{}: {}", label == 0 ? "" : ", ", name, counts[label]);
  }
  if (shown < counts.size()) text += fmt::format(", … {} in all", counts.size());
  if (findings.ignored_labels > 0) text += fmt::format(", ignored: {}", findings.ignored_labels);
  return text;
}

std::string DescribeSplit(std::string_view name, const Dataset& split, const Datasets& datasets) {
  const SampleFormat format = split.format();
  const Findings findings = Read(split);
  std::string text =
      fmt::format("{}: {} samples of {}\n", name, split.sample_count(), ShapeOf(format));
  if (format.feature_count > 0) text += fmt::format("  features  {}\n", findings.features.Text());
  text += format.target_count > 0
              ? fmt::format("  targets   {}\n", findings.targets.Text())
              : fmt::format("  labels    {}\n", ClassCounts(findings, datasets));
  return text + fmt::format("  sample 0  {}\n", findings.first_sample);
}

}  // namespace

std::string DescribeDatasets(const Datasets& datasets) {
  std::string text = DescribeSplit("data.train", *datasets.train, datasets);
  if (datasets.validation) text += DescribeSplit("data.validation", *datasets.validation, datasets);
  if (datasets.test) text += DescribeSplit("data.test", *datasets.test, datasets);
  return text;
}

}  // namespace descent
