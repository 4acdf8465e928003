#pragma once

#include <cstdint>
#include <optional>

namespace descent {

// Planes of pixels: an image's features lie as [channels, height, width], dense and row-major.
struct ImageShape {
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;

  bool operator==(const ImageShape&) const = default;
};

// As a label: it is there, and counts for nothing (model.ignore_index).
inline constexpr std::int32_t kIgnoredLabel = -1;

// What one sample of a dataset is; every sample of every split alike. Either features or tokens,
// and either labels, which name classes, or targets, which are numbers to predict.
struct SampleFormat {
  std::int64_t feature_count = 0;  // f32 values; 0 for text
  std::int64_t token_count = 0;    // T, int32 tokens; 0 for images
  std::int64_t label_count = 1;    // one for an image; T for text, each the token that follows
  // Labels are in [0, class_count), which is the vocabulary's size for text, or kIgnoredLabel.
  std::int64_t class_count = 0;
  std::int64_t target_count = 0;    // K, f32 values; where it is not 0, there are no labels
  std::optional<ImageShape> image;  // of features that are one; feature_count is their product

  bool operator==(const SampleFormat&) const = default;
};

}  // namespace descent
