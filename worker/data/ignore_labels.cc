#include "worker/data/ignore_labels.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "common/counted_answers.h"
#include "worker/data/sample_buffer.h"

namespace descent {
namespace {

constexpr std::int64_t kRowsAtOnce = 64;

// Reads no further than to the first that does.
bool HasCountedLabel(const Dataset& split) {
  SampleBuffer buffer(split.format(), kRowsAtOnce);
  std::vector<std::int64_t> samples;
  for (std::int64_t row = 0; row < split.sample_count(); row += kRowsAtOnce) {
    samples.resize(static_cast<std::size_t>(std::min(kRowsAtOnce, split.sample_count() - row)));
    std::iota(samples.begin(), samples.end(), row);
    buffer.Fill(split, samples);
    if (CountAnswers(buffer.labels(), std::ssize(samples)) > 0) return true;
  }
  return false;
}

}  // namespace

void IgnoringDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                                  std::span<std::int32_t> tokens,
                                  std::span<std::int32_t> labels) const {
  base().CopySamples(samples, features, tokens, labels);
  std::ranges::replace(labels, ignore_index_, kIgnoredLabel);
}

Digest IgnoringDataset::Fingerprint() const {
  const std::string stored = base().Fingerprint().ToHex();
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(stored)));
  hasher.Add(std::as_bytes(std::span(&ignore_index_, 1)));
  return hasher.Finish();
}

Status IgnoreLabels(const JobSpec& spec, Datasets& datasets) {
  if (!spec.model.ignore_index) return Status();
  std::string problems;
  const auto ignore = [&](std::string_view name, std::unique_ptr<const Dataset>& split) {
    if (!split || split->format().label_count == 0) return;
    if (!datasets.table)
      split = std::make_unique<IgnoringDataset>(
          std::move(split), static_cast<std::int32_t>(*spec.model.ignore_index));
    if (spec.data.may_lack_answers || HasCountedLabel(*split)) return;
    problems += fmt::format("{}{}: all labels are {}, which model.ignore_index leaves out",
                            problems.empty() ? "" : "\n", name, *spec.model.ignore_index);
  };
  ignore("data.train", datasets.train);
  ignore("data.validation", datasets.validation);
  ignore("data.test", datasets.test);
  if (problems.empty()) return Status();
  return Status(Code::kInvalidArgument, problems);
}

}  // namespace descent
