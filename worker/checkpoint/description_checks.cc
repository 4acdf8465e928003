#include "worker/checkpoint/description_checks.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>

#include "common/job_spec_table.h"
#include "common/limits.h"

namespace descent {
namespace {

// Of the largest image that is read, and of more channels than any image has.
constexpr std::int64_t kFeaturesMax =
    std::int64_t{3} * limits::kImageSideMax * limits::kImageSideMax;
constexpr std::int64_t kChannelsMax = std::int64_t{1} << 16;

bool IsTable(DataFormat format) { return format == DataFormat::kCsv || format == DataFormat::kTsv; }

// Each size is below 2^30 here, and two of them make no product that does not fit.
void CheckImage(const SampleFormat& format, SpecChecker& checker) {
  const auto& [channels, height, width] = *format.image;
  checker.RequireInRange("sample.image[0]", channels, 1, kChannelsMax);
  checker.RequireInRange("sample.image[1]", height, 1, kFeaturesMax);
  checker.RequireInRange("sample.image[2]", width, 1, kFeaturesMax);
  const bool are_sizes = std::min({channels, height, width}) >= 1 && channels <= kChannelsMax &&
                         std::max(height, width) <= kFeaturesMax;
  checker.Require(!are_sizes || (height * width <= kFeaturesMax &&
                                 channels * height * width == format.feature_count),
                  "sample.image", fmt::format("{} x {} x {}", channels, height, width),
                  fmt::format("sizes whose product are the {} features", format.feature_count));
}

void CheckSample(const SampleFormat& format, SpecChecker& checker) {
  checker.RequireInRange("sample.features", format.feature_count, 0, kFeaturesMax);
  checker.RequireInRange("sample.tokens", format.token_count, 0, limits::kContextLengthMax);
  checker.RequireInRange("sample.classes", format.class_count, 0,
                         std::max(limits::kClassesMax, limits::kVocabularySizeMax));
  checker.RequireInRange("sample.targets", format.target_count, 0, limits::kFeaturesMax);
  checker.Require(
      (format.feature_count > 0) != (format.token_count > 0), "sample",
      fmt::format("{} features and {} tokens", format.feature_count, format.token_count),
      "either features or tokens");
  const std::int64_t answers = format.token_count > 0 ? format.token_count : 1;
  const std::int64_t labels = format.target_count > 0 ? 0 : answers;
  checker.Require(format.label_count == labels, "sample.labels", fmt::to_string(format.label_count),
                  fmt::format("{}, as many as a sample has", labels));
  checker.Require(format.class_count > 0 || format.target_count > 0, "sample.classes", "0",
                  "at least 1 where there are no targets");
  if (format.image) CheckImage(format, checker);
}

// Of the formats of pixels: how many channels they are read with.
std::optional<std::int64_t> ChannelsOf(const DataSpec& data) {
  switch (data.train.format) {
    case DataFormat::kIdx:
      return 1;
    case DataFormat::kCifar10:
    case DataFormat::kCifar100:
      return 3;
    case DataFormat::kImages:
      return data.images.channels;
    default:
      return std::nullopt;
  }
}

void CheckPixels(const ModelDescription& description, std::int64_t channels, SpecChecker& checker) {
  const DataSpec& data = *description.data;
  const auto& image = description.format.image;
  checker.Require(channels == 1 || channels == 3, "data.images.channels", fmt::to_string(channels),
                  "1 or 3");
  checker.Require(!image || image->channels == channels, "sample.image",
                  fmt::format("{} channels", image ? image->channels : 0),
                  fmt::format("of {}, with which it is read", channels));
  for (const auto* numbers : {&data.normalize.mean, &data.normalize.std})
    checker.Require(numbers->size() == 1 || std::ssize(*numbers) == channels, "data.normalize",
                    fmt::format("{} numbers", numbers->size()), "1, or one for each channel");
  checker.Require(data.images.size.empty() || data.images.size.size() == 2, "data.images.size",
                  fmt::format("{} numbers", data.images.size.size()), "[height, width]");
  for (const std::int64_t side : data.images.size)
    checker.RequireInRange("data.images.size", side, 1, limits::kImageSideMax);
}

// How the files were read, and not which.
bool IsBare(const DataSpec& data) {
  const DatasetSpec& train = data.train;
  return train.path.empty() && !train.range && !train.fraction && train.stride == 0 &&
         train.samples == 0 && train.train_fraction == 0 && !data.validation && !data.test;
}

void CheckData(const ModelDescription& description, SpecChecker& checker) {
  const DataSpec& data = *description.data;
  const DataFormat format = data.train.format;
  checker.Require(description.format.feature_count > 0 && format != DataFormat::kText &&
                      format != DataFormat::kTokens,
                  "data", "of tokens", "of features");
  checker.Require(IsBare(data), "data", "of certain files", "of how files are read alone");
  if (const auto channels = ChannelsOf(data)) CheckPixels(description, *channels, checker);
  if (IsTable(format)) CheckTable(data.table, checker);
  if (format == DataFormat::kSynthetic) CheckSynthetic(data.synthetic, checker);
  const auto& names = IsTable(format) ? data.table.classes : data.images.classes;
  checker.Require(names.empty() || std::ssize(names) == description.format.class_count, "data",
                  fmt::format("{} names of classes", names.size()),
                  fmt::format("one for each of the {} classes", description.format.class_count));
}

}  // namespace

void CheckDescription(const ModelDescription& description, SpecChecker& checker) {
  CheckModel(description.model, checker);
  CheckSample(description.format, checker);
  if (description.data) CheckData(description, checker);
}

}  // namespace descent
