#include "worker/data/image_augmenter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "common/check.h"
#include "worker/data/pixel_normalizer.h"

namespace descent {
namespace {

// From -padding to padding, each as likely as the others to within 2^-32 of all.
std::int64_t OffsetOf(std::uint32_t word, std::int64_t padding) {
  const auto places = static_cast<std::uint64_t>(2 * padding + 1);
  return static_cast<std::int64_t>((std::uint64_t{word} * places) >> 32) - padding;
}

}  // namespace

ImageAugmenter::ImageAugmenter(const AugmentSpec& spec, const NormalizeSpec& normalize,
                               const ImageShape& shape, std::uint64_t seed)
    : spec_(spec),
      shape_(shape),
      black_(BlackOf(normalize, shape.channels)),
      key_(MakePhiloxKey(seed, RandomPurpose::kAugmentation)),
      original_(static_cast<std::size_t>(shape.height * shape.width)) {
  DESCENT_CHECK(spec_.is_given());
}

void ImageAugmenter::Apply(std::int64_t step, std::int64_t first_position,
                           std::span<float> features) {
  const auto image_size = static_cast<std::size_t>(shape_.channels) * original_.size();
  DESCENT_CHECK(features.size() % image_size == 0);
  for (std::size_t row = 0; row < features.size() / image_size; ++row)
    ApplyTo(features.subspan(row * image_size, image_size),
            ChangeOf(step, first_position + static_cast<std::int64_t>(row)));
}

ImageAugmenter::Change ImageAugmenter::ChangeOf(std::int64_t step, std::int64_t position) const {
  const auto words =
      Philox4x32({static_cast<std::uint32_t>(position), 0, static_cast<std::uint32_t>(step),
                  static_cast<std::uint32_t>(static_cast<std::uint64_t>(step) >> 32)},
                 key_);
  return {.row = OffsetOf(words[0], spec_.crop_padding),
          .column = OffsetOf(words[1], spec_.crop_padding),
          .is_flipped = double{ToUniformFloat(words[2])} < spec_.horizontal_flip};
}

void ImageAugmenter::ApplyTo(std::span<float> image, const Change& change) {
  for (std::size_t channel = 0; channel < black_.size(); ++channel) {
    const auto plane = image.subspan(channel * original_.size(), original_.size());
    if (spec_.crop_padding != 0) CutPlane(plane, change, black_[channel]);
    if (!change.is_flipped) continue;
    for (auto row = plane.begin(); row != plane.end(); row += shape_.width)
      std::reverse(row, row + shape_.width);
  }
}

void ImageAugmenter::CutPlane(std::span<float> plane, const Change& change, float black) {
  std::ranges::copy(plane, original_.begin());
  for (std::int64_t row = 0; row < shape_.height; ++row)
    for (std::int64_t column = 0; column < shape_.width; ++column) {
      const std::int64_t from_row = row + change.row;
      const std::int64_t from_column = column + change.column;
      const bool is_inside = from_row >= 0 && from_row < shape_.height && from_column >= 0 &&
                             from_column < shape_.width;
      plane[static_cast<std::size_t>(row * shape_.width + column)] =
          is_inside ? original_[static_cast<std::size_t>(from_row * shape_.width + from_column)]
                    : black;
    }
}

std::optional<ImageAugmenter> MakeImageAugmenter(const AugmentSpec& spec,
                                                 const NormalizeSpec& normalize,
                                                 const SampleFormat& format, std::uint64_t seed) {
  if (!spec.is_given()) return std::nullopt;
  DESCENT_CHECK(format.image.has_value());
  return std::optional<ImageAugmenter>(std::in_place, spec, normalize, *format.image, seed);
}

Status CheckAugment(const AugmentSpec& spec, const NormalizeSpec& normalize,
                    const SampleFormat& format) {
  if (!spec.is_given()) return Status();
  if (!format.image)
    return Status(Code::kInvalidArgument,
                  "data.augment: given, must be absent, as these samples are no images");
  const auto is_by_channel = [&](const std::vector<double>& numbers) {
    return numbers.size() == 1 || std::ssize(numbers) == format.image->channels;
  };
  if (is_by_channel(normalize.mean) && is_by_channel(normalize.std)) return Status();
  return Status(Code::kInvalidArgument,
                "data.augment: given, must be absent, as pixels are normalised one by one");
}

}  // namespace descent
