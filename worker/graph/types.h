#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// Ops compute in f32, on int32 indices; bf16, the upper half of an f32, is a way to store a
// temporary between them.
enum class DataType { kFloat32, kInt32, kBFloat16 };

// Sizes of the axes, outermost first. Tensors are dense and row-major; a scalar has no axes.
using Shape = std::vector<std::int64_t>;

std::int64_t ElementCount(const Shape& shape);
bool HasAtMost(const Shape& shape, std::int64_t elements);  // of sizes whose product may not fit
std::string ToString(const Shape& shape);                   // "[64, 10]"

// What an op needs to know of a tensor before it runs.
struct TensorType {
  DataType type = DataType::kFloat32;
  Shape shape;

  bool operator==(const TensorType&) const = default;
};

std::int64_t ElementBytes(DataType type);
std::int64_t ByteCount(const TensorType& type);
// How many four-byte words hold the tensor: the unit of places in the arenas.
std::int64_t WordCount(const TensorType& type);

// Names a value of one graph, and of every graph derived from it.
struct ValueId {
  int index = -1;

  bool is_valid() const { return index >= 0; }
  bool operator==(const ValueId&) const = default;
};

}  // namespace descent
