#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "common/mapped_file.h"

namespace descent {

enum class ElementType {
  kBool,
  kInt8,
  kUint8,
  kInt16,
  kUint16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64
};

std::size_t SizeOf(ElementType type);       // in bytes
std::string_view NameOf(ElementType type);  // as NumPy writes it: "f4"
bool IsInteger(ElementType type);           // true of kBool

// An array of numbers, row-major and little-endian, in memory or in a mapped file. Immutable, so
// any thread may read.
class Array {
 public:
  // The elements are those from `offset` on; there are as many bytes as the shape wants, or it
  // aborts. A shape has at least one size.
  Array(ElementType type, std::vector<std::int64_t> shape, MappedFile file, std::size_t offset);
  Array(ElementType type, std::vector<std::int64_t> shape, std::vector<std::byte> bytes,
        std::size_t offset);
  Array(std::vector<std::int64_t> shape, std::vector<float> values);
  Array(std::vector<std::int64_t> shape, std::vector<std::int32_t> values);

  ElementType type() const { return type_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::int64_t rows() const { return shape_[0]; }
  std::int64_t row_size() const { return row_size_; }  // elements of a row
  std::span<const std::byte> bytes() const { return bytes_; }

  // values [row_size]. The first rounds to f32; the second is of integers alone.
  void CopyRow(std::int64_t row, std::span<float> values) const;
  void CopyRow(std::int64_t row, std::span<std::int64_t> values) const;

 private:
  void SetBytes(std::span<const std::byte> bytes);

  ElementType type_;
  std::vector<std::int64_t> shape_;
  std::int64_t row_size_;
  std::variant<MappedFile, std::vector<std::byte>, std::vector<float>, std::vector<std::int32_t>>
      storage_;
  std::span<const std::byte> bytes_;  // of the elements; moving the storage does not move them
};

// How many elements a shape has; nothing beyond 2^62.
std::optional<std::int64_t> ElementCount(std::span<const std::int64_t> shape);

}  // namespace descent
