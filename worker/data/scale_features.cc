#include "worker/data/scale_features.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "worker/data/scaled_dataset.h"

namespace descent {
namespace {

// One for all, one for each channel or one for each feature, as one for each feature.
Result<std::vector<double>> ForEachFeature(const char* field, const std::vector<double>& numbers,
                                           const SampleFormat& format) {
  const auto features = static_cast<std::size_t>(format.feature_count);
  const auto channels = static_cast<std::size_t>(format.image ? format.image->channels : 1);
  if (numbers.size() != 1 && numbers.size() != channels && numbers.size() != features)
    return Status(
        Code::kInvalidArgument,
        fmt::format(
            "{}: {} numbers, must be 1{} or {}, one for each feature", field, numbers.size(),
            channels > 1 ? fmt::format(", {} (one for each channel)", channels) : "", features));
  std::vector<double> each;
  each.reserve(features);
  const std::size_t repeat = features / numbers.size();
  for (const double number : numbers) each.insert(each.end(), repeat, number);
  return each;
}

bool IsIdentity(const FeatureScaling& scaling) {
  const auto is_all = [](const std::vector<double>& numbers, double number) {
    return std::ranges::all_of(numbers, [&](double each) { return each == number; });
  };
  return is_all(scaling.mean, 0) && is_all(scaling.std, 1);
}

// What a missing value becomes: none of tables has one unless it is to be filled in.
Result<std::vector<double>> Fill(const SampleFormat& format, Datasets& datasets) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  if (!datasets.table || (datasets.table->missing != MissingPolicy::kMean &&
                          datasets.table->missing != MissingPolicy::kValue))
    return std::vector<double>(static_cast<std::size_t>(format.feature_count), missing);
  if (datasets.table->missing == MissingPolicy::kMean) {
    DESCENT_ASSIGN(NormalizeSpec measured, MeasureFeatures(*datasets.train));
    datasets.table->missing = MissingPolicy::kValue;
    datasets.table->fill = std::move(measured.mean);
  }
  return ForEachFeature("data.table.fill", datasets.table->fill, format);
}

}  // namespace

Status ScaleFeatures(const DataSpec& spec, Datasets& datasets) {
  const SampleFormat format = datasets.train->format();
  if (format.feature_count == 0) return Status();
  if (spec.normalize.from == NormalizeFrom::kTrainingSet) {
    DESCENT_ASSIGN(datasets.normalize, MeasureFeatures(*datasets.train));
  }
  FeatureScaling scaling;
  DESCENT_ASSIGN(scaling.fill, Fill(format, datasets));
  DESCENT_ASSIGN(scaling.mean,
                 ForEachFeature("data.normalize.mean", datasets.normalize.mean, format));
  DESCENT_ASSIGN(scaling.std, ForEachFeature("data.normalize.std", datasets.normalize.std, format));
  const bool has_fill = datasets.table && datasets.table->missing == MissingPolicy::kValue;
  if (!has_fill && IsIdentity(scaling)) return Status();
  for (auto* split : {&datasets.train, &datasets.validation, &datasets.test})
    if (*split) *split = std::make_unique<ScaledDataset>(std::move(*split), scaling);
  return Status();
}

}  // namespace descent
