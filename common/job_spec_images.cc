#include "common/job_spec_images.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <optional>
#include <set>
#include <string>

#include "common/limits.h"

namespace descent {
namespace {

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kCropPaddingMax = 1024;

// Of the images of a format; nothing where only the data tell how many numbers suit.
std::optional<std::int64_t> ChannelsOf(const DataSpec& data) {
  switch (data.train.format) {
    case DataFormat::kImages:
      return data.images.channels;
    case DataFormat::kCifar10:
    case DataFormat::kCifar100:
      return kColours;
    case DataFormat::kIdx:
    case DataFormat::kText:
    case DataFormat::kTokens:
      return 1;
    default:
      return std::nullopt;
  }
}

void CheckFolders(const ImagesSpec& images, SpecChecker& checker) {
  checker.Require(images.channels == 1 || images.channels == kColours, "data.images.channels",
                  fmt::to_string(images.channels), "1 (grey) or 3 (red, green and blue)");
  checker.Require(images.size.empty() || images.size.size() == 2, "data.images.size",
                  fmt::format("{} numbers", images.size.size()), "[height, width]");
  for (const std::int64_t side : images.size)
    checker.RequireInRange("data.images.size", side, 1, limits::kImageSideMax);
  std::set<std::string_view> names;
  for (const std::string& name : images.classes)
    checker.Require(!name.empty() && names.insert(name).second, "data.images.classes", Quoted(name),
                    "the name of a folder, each once");
}

void CheckNoFolders(const ImagesSpec& images, SpecChecker& checker) {
  const char* const wanted = "absent, as it is of format: images";
  checker.Require(images.channels == 0, "data.images.channels", fmt::to_string(images.channels),
                  wanted);
  checker.Require(images.size.empty(), "data.images.size", "given", wanted);
  checker.Require(images.classes.empty(), "data.images.classes", "given", wanted);
}

void CheckNormalize(const NormalizeSpec& normalize, std::optional<std::int64_t> channels,
                    SpecChecker& checker) {
  const auto check_count = [&](const char* field, std::int64_t count) {
    checker.Require(count == 1 || !channels || count == *channels, field,
                    fmt::format("{} values", count),
                    channels.value_or(1) == 1
                        ? "1 value, as the images have 1 channel"
                        : fmt::format("1 value, or one for each of the {} channels", *channels));
  };
  check_count("data.normalize.mean", std::ssize(normalize.mean));
  check_count("data.normalize.std", std::ssize(normalize.std));
  for (const double mean : normalize.mean)
    checker.RequireNumber(std::isfinite(mean), "data.normalize.mean", mean, "finite");
  for (const double std : normalize.std)
    checker.RequireNumber(std > 0, "data.normalize.std", std, "above 0 and finite");
  if (normalize.from != NormalizeFrom::kTrainingSet) return;
  const NormalizeSpec absent;
  checker.Require(normalize.mean == absent.mean && normalize.std == absent.std,
                  "data.normalize.from", "training_set beside mean or std",
                  "one of them: numbers that are declared, or those of the training set");
}

void CheckAugment(const AugmentSpec& augment, SpecChecker& checker) {
  checker.RequireInRange("data.augment.crop_padding", augment.crop_padding, 0, kCropPaddingMax);
  checker.RequireNumber(augment.horizontal_flip >= 0 && augment.horizontal_flip <= 1,
                        "data.augment.horizontal_flip", augment.horizontal_flip,
                        "a probability, from 0 to 1");
}

}  // namespace

void SetImageDefaults(DataSpec& data) {
  if (data.train.format == DataFormat::kImages && data.images.channels == 0)
    data.images.channels = kColours;
}

void CheckImages(const DataSpec& data, SpecChecker& checker) {
  const DataFormat format = data.train.format;
  if (format == DataFormat::kImages) {
    CheckFolders(data.images, checker);
  } else {
    CheckNoFolders(data.images, checker);
  }
  checker.Require(data.images.labels == ImageLabels::kFine || format == DataFormat::kCifar100,
                  "data.images.labels", "coarse", "absent, as it is of format: cifar100");
  CheckNormalize(data.normalize, ChannelsOf(data), checker);
  CheckAugment(data.augment, checker);
  const bool is_text = format == DataFormat::kText || format == DataFormat::kTokens;
  checker.Require(!is_text || !data.augment.is_given(), "data.augment", "given",
                  "absent, as it is of images");
}

}  // namespace descent
