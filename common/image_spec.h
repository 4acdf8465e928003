#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// What a job file says of images, in its part `data`.

enum class ImageLabels { kFine, kCoarse };

// How image files become samples.
struct ImagesSpec {
  std::int64_t channels = 0;       // of image folders: 1 or 3; 0: chosen by default
  std::vector<std::int64_t> size;  // of image folders: [height, width]; empty: that of the files
  ImageLabels labels = ImageLabels::kFine;  // of CIFAR-100: 100 classes or 20 superclasses
  // Of image folders: their names, by label; empty: the folders of the training set, sorted.
  std::vector<std::string> classes;
};

// Random changes of each image of the training split, anew in every step.
struct AugmentSpec {
  std::int64_t crop_padding = 0;  // black pixels around an image, of which its size is cut; 0: none
  double horizontal_flip = 0.0;   // probability, in [0, 1]

  bool is_given() const { return crop_padding != 0 || horizontal_flip != 0; }
};

}  // namespace descent
