#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace descent {

// A named array of f32 to write. The values belong to the caller.
struct TensorView {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;  // as many as the product of the shape
};

// The same to read into.
struct TensorTarget {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<float> values;
};

}  // namespace descent
