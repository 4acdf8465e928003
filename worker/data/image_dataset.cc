#include "worker/data/image_dataset.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "common/check.h"

namespace descent {

ImageDataset::ImageDataset(LabelledImages images, const NormalizeSpec& normalize)
    : images_(std::move(images)), normalizer_(normalize, images_.shape.channels) {
  DESCENT_CHECK(!images_.pixels.empty());
  DESCENT_CHECK(std::ssize(images_.pixels) == sample_count() * format().feature_count);
  DESCENT_CHECK(images_.labels.empty() || std::ssize(images_.labels) == sample_count());
}

SampleFormat ImageDataset::format() const {
  const ImageShape& shape = images_.shape;
  return {.feature_count = shape.channels * shape.height * shape.width,
          .label_count = images_.labels.empty() ? 0 : 1,
          .class_count = images_.class_count,
          .image = shape};
}

void ImageDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                               std::span<std::int32_t> tokens,
                               std::span<std::int32_t> labels) const {
  const auto feature_count = static_cast<std::size_t>(format().feature_count);
  DESCENT_CHECK(features.size() == samples.size() * feature_count);
  DESCENT_CHECK(tokens.empty());
  DESCENT_CHECK(labels.size() == (images_.labels.empty() ? 0 : samples.size()));
  for (std::size_t row = 0; row < samples.size(); ++row) {
    DESCENT_CHECK(samples[row] >= 0);
    DESCENT_CHECK(samples[row] < sample_count());
    const auto sample = static_cast<std::size_t>(samples[row]);
    normalizer_.Copy(std::span(images_.pixels).subspan(sample * feature_count, feature_count),
                     features.subspan(row * feature_count, feature_count));
    if (!labels.empty()) labels[row] = images_.labels[sample];
  }
}

std::vector<std::string> ImageDataset::FilesOf(std::int64_t sample) const {
  using File = LabelledImages::File;
  const auto next = std::ranges::upper_bound(images_.files, sample, {}, &File::first_image);
  DESCENT_CHECK(next != images_.files.begin());
  return {std::prev(next)->path};
}

Digest ImageDataset::Fingerprint() const {
  const ImageShape& shape = images_.shape;
  const std::array<std::int64_t, 5> facts = {sample_count(), shape.channels, shape.height,
                                             shape.width, images_.class_count};
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(facts)));
  hasher.Add(std::as_bytes(std::span(images_.pixels)));
  hasher.Add(std::as_bytes(std::span(images_.labels)));
  for (const std::string& name : images_.class_names) hasher.Add(std::as_bytes(std::span(name)));
  return hasher.Finish();
}

Result<IndexRange> ChooseRange(const DatasetSpec& split, std::int64_t count) {
  const IndexRange range = split.range.value_or(IndexRange{.first = 0, .last = count});
  if (range.first >= 0 && range.first < range.last && range.last <= count) return range;
  return Status(Code::kInvalidArgument,
                fmt::format("{}: range [{}, {}], must lie within its {} images", split.path,
                            range.first, range.last, count));
}

}  // namespace descent
