#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace descent {

// A tiny labelled image set that a small network can learn: each class lights up another part of
// the picture, under noise. A function of its arguments alone.
struct BlobDataset {
  std::int64_t samples = 0;
  int side = 6;     // pictures are side x side
  int classes = 4;  // the label of sample i is i % classes
  std::uint64_t seed = 1;
  std::int64_t only_lit = -1;  // from 0 on: this picture is all white, every other one all black

  // Writes PREFIX-images-idx3-ubyte and PREFIX-labels-idx1-ubyte.
  void Write(const std::filesystem::path& prefix) const;
};

}  // namespace descent
