#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/data_spec.h"
#include "common/random.h"
#include "common/sample_format.h"
#include "common/status.h"

namespace descent {

// Changes each image of a batch at random, after it is normalised:
//   crop   with p black pixels around it, its size is cut out at one of (2 p + 1)^2 places
//   flip   it is mirrored, left to right, with a probability
// What becomes of an image is a function of (seed, step, position in the global batch) alone: equal
// for any workers, and after any restart. One thread.
class ImageAugmenter {
 public:
  // Of samples that are images, for the job's seed. `spec` is given. `normalize` is how the images
  // were made, of one number or one for each channel.
  ImageAugmenter(const AugmentSpec& spec, const NormalizeSpec& normalize, const ImageShape& shape,
                 std::uint64_t seed);

  // Changes features [B, channels, height, width] of the samples at positions first_position, … of
  // a step, in place.
  void Apply(std::int64_t step, std::int64_t first_position, std::span<float> features);

 private:
  struct Change {
    std::int64_t row = 0;  // of the cut's first pixel in the image, -p to p
    std::int64_t column = 0;
    bool is_flipped = false;
  };

  Change ChangeOf(std::int64_t step, std::int64_t position) const;
  void ApplyTo(std::span<float> image, const Change& change);
  void CutPlane(std::span<float> plane, const Change& change, float black);

  const AugmentSpec spec_;
  const ImageShape shape_;
  const std::vector<float> black_;  // by channel
  const PhiloxKey key_;
  std::vector<float> original_;  // of one plane
};

// For a job that asks for it, which CheckAugment has let pass.
std::optional<ImageAugmenter> MakeImageAugmenter(const AugmentSpec& spec,
                                                 const NormalizeSpec& normalize,
                                                 const SampleFormat& format, std::uint64_t seed);

// kInvalidArgument: augmentation is given, and the samples are no images, or each pixel of them is
// normalised by numbers of its own, so that there is no black.
Status CheckAugment(const AugmentSpec& spec, const NormalizeSpec& normalize,
                    const SampleFormat& format);

}  // namespace descent
