#include "worker/graph/types.h"

namespace descent {

std::int64_t ElementCount(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

bool HasAtMost(const Shape& shape, std::int64_t elements) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(count, size, &count)) return false;
  return count <= elements;
}

std::int64_t ElementBytes(DataType type) { return type == DataType::kBFloat16 ? 2 : 4; }

std::int64_t ByteCount(const TensorType& type) {
  return ElementCount(type.shape) * ElementBytes(type.type);
}

std::int64_t WordCount(const TensorType& type) { return (ByteCount(type) + 3) / 4; }

std::string ToString(const Shape& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(size);
  }
  return text + "]";
}

}  // namespace descent
