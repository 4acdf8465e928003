#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/data/dataset.h"
#include "worker/data/pixel_normalizer.h"

namespace descent {

// Images and the class of each, as their files have them. Where nobody knows the classes, as of
// images that a model is asked about, there are no labels.
struct LabelledImages {
  ImageShape shape;
  std::vector<std::uint8_t> pixels;      // [N, channels, height, width], N >= 1
  std::vector<std::int32_t> labels;      // [N], or none
  std::vector<std::string> class_names;  // of the labels 0, 1, …; may be empty
  std::int64_t class_count = 0;          // labels are below it

  // The files that they come from, in the order of the images, the first at image 0.
  struct File {
    std::string path;
    std::int64_t first_image = 0;
  };
  std::vector<File> files;
};

// Images in memory as bytes, normalised when copied.
class ImageDataset final : public Dataset {
 public:
  ImageDataset(LabelledImages images, const NormalizeSpec& normalize);

  const LabelledImages& images() const { return images_; }

  std::int64_t sample_count() const override {
    return std::ssize(images_.pixels) / format().feature_count;
  }
  SampleFormat format() const override;
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  std::vector<std::string> FilesOf(std::int64_t sample) const override;
  Digest Fingerprint() const override;

 private:
  const LabelledImages images_;
  const PixelNormalizer normalizer_;
};

// The samples of `count` that a split reads. kInvalidArgument: its range is not within them.
Result<IndexRange> ChooseRange(const DatasetSpec& split, std::int64_t count);

}  // namespace descent
