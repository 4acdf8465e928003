#include "worker/data/scaled_dataset.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "common/check.h"
#include "worker/data/sample_buffer.h"

namespace descent {
namespace {

constexpr std::int64_t kRowsAtOnce = 256;

// Calls `visit(feature, value)` for each value that is present, sample by sample.
template <typename Visit>
void ForEachValue(const Dataset& dataset, const Visit& visit) {
  const auto width = static_cast<std::size_t>(dataset.format().feature_count);
  SampleBuffer buffer(dataset.format(), kRowsAtOnce);
  std::vector<std::int64_t> samples;
  for (std::int64_t first = 0; first < dataset.sample_count(); first += kRowsAtOnce) {
    samples.resize(static_cast<std::size_t>(std::min(kRowsAtOnce, dataset.sample_count() - first)));
    std::iota(samples.begin(), samples.end(), first);
    buffer.Fill(dataset, samples);
    const std::span<const float> values = buffer.features();
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!std::isnan(values[i])) visit(i % width, double{values[i]});
  }
}

}  // namespace

ScaledDataset::ScaledDataset(std::unique_ptr<const Dataset> base, FeatureScaling scaling)
    : DerivedDataset(std::move(base)), scaling_(std::move(scaling)) {
  const auto feature_count = static_cast<std::size_t>(format().feature_count);
  DESCENT_CHECK(scaling_.fill.size() == feature_count);
  DESCENT_CHECK(scaling_.mean.size() == feature_count);
  DESCENT_CHECK(scaling_.std.size() == feature_count);
}

void ScaledDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                                std::span<std::int32_t> tokens,
                                std::span<std::int32_t> labels) const {
  base().CopySamples(samples, features, tokens, labels);
  const std::size_t width = scaling_.mean.size();
  for (std::size_t row = 0; row < samples.size(); ++row) {
    const std::span<float> values = features.subspan(row * width, width);
    for (std::size_t i = 0; i < width; ++i) {
      const double value = std::isnan(values[i]) ? scaling_.fill[i] : values[i];
      values[i] = static_cast<float>((value - scaling_.mean[i]) / scaling_.std[i]);
    }
  }
}

Result<NormalizeSpec> MeasureFeatures(const Dataset& dataset) {
  const SampleFormat format = dataset.format();
  const auto group_size = static_cast<std::size_t>(
      format.image ? format.image->height * format.image->width : std::int64_t{1});
  const std::size_t groups = static_cast<std::size_t>(format.feature_count) / group_size;
  std::vector<double> counts(groups);
  std::vector<double> mean(groups);
  std::vector<double> std(groups);
  ForEachValue(dataset, [&](std::size_t feature, double value) {
    counts[feature / group_size] += 1;
    mean[feature / group_size] += value;
  });
  for (std::size_t i = 0; i < groups; ++i) {
    mean[i] /= counts[i];
    if (!std::isfinite(mean[i]))
      return Status(Code::kInvalidArgument,
                    fmt::format("feature {} of the training set {}", i,
                                counts[i] == 0 ? "is missing in every sample, must be there once"
                                               : "has a value that is not finite"));
  }
  ForEachValue(dataset, [&](std::size_t feature, double value) {
    const double difference = value - mean[feature / group_size];
    std[feature / group_size] += difference * difference;
  });
  for (std::size_t i = 0; i < groups; ++i) {
    std[i] = std::sqrt(std[i] / counts[i]);
    if (std[i] == 0) std[i] = 1;
  }
  return NormalizeSpec{.mean = std::move(mean), .std = std::move(std)};
}

}  // namespace descent
