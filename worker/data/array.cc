#include "worker/data/array.h"

#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::int64_t kElementsMax = std::int64_t{1} << 62;

struct TypeFacts {
  std::string_view name;
  std::size_t size;
};

// In the order of ElementType.
constexpr std::array kTypes = {TypeFacts{"b1", 1}, TypeFacts{"i1", 1}, TypeFacts{"u1", 1},
                               TypeFacts{"i2", 2}, TypeFacts{"u2", 2}, TypeFacts{"i4", 4},
                               TypeFacts{"i8", 8}, TypeFacts{"f4", 4}, TypeFacts{"f8", 8}};

template <typename Element, typename Value>
void Convert(std::span<const std::byte> bytes, std::span<Value> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes.data() + i * sizeof(Element), sizeof(Element));
    values[i] = static_cast<Value>(+element);  // + makes an int of what is narrower, with its sign
  }
}

// Any byte but 0 is true.
template <typename Value>
void ConvertBools(std::span<const std::byte> bytes, std::span<Value> values) {
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = bytes[i] == std::byte{0} ? Value{0} : Value{1};
}

template <typename Value>
void ConvertAs(ElementType type, std::span<const std::byte> bytes, std::span<Value> values) {
  switch (type) {
    case ElementType::kBool:
      return ConvertBools(bytes, values);
    case ElementType::kInt8:
      return Convert<std::int8_t>(bytes, values);
    case ElementType::kUint8:
      return Convert<std::uint8_t>(bytes, values);
    case ElementType::kInt16:
      return Convert<std::int16_t>(bytes, values);
    case ElementType::kUint16:
      return Convert<std::uint16_t>(bytes, values);
    case ElementType::kInt32:
      return Convert<std::int32_t>(bytes, values);
    case ElementType::kInt64:
      return Convert<std::int64_t>(bytes, values);
    case ElementType::kFloat32:
      return Convert<float>(bytes, values);
    case ElementType::kFloat64:
      return Convert<double>(bytes, values);
  }
}

std::int64_t RowSize(std::span<const std::int64_t> shape) {
  DESCENT_CHECK(!shape.empty());
  const auto count = ElementCount(shape.subspan(1));
  DESCENT_CHECK(count.has_value());
  return *count;
}

}  // namespace

std::size_t SizeOf(ElementType type) { return kTypes.at(static_cast<std::size_t>(type)).size; }

std::string_view NameOf(ElementType type) { return kTypes.at(static_cast<std::size_t>(type)).name; }

bool IsInteger(ElementType type) {
  return type != ElementType::kFloat32 && type != ElementType::kFloat64;
}

std::optional<std::int64_t> ElementCount(std::span<const std::int64_t> shape) {
  std::int64_t count = 1;
  for (const std::int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(count, size, &count) || count > kElementsMax)
      return std::nullopt;
  return count;
}

Array::Array(ElementType type, std::vector<std::int64_t> shape, MappedFile file, std::size_t offset)
    : type_(type), shape_(std::move(shape)), row_size_(RowSize(shape_)), storage_(std::move(file)) {
  SetBytes(std::get<MappedFile>(storage_).bytes().subspan(offset));
}

Array::Array(ElementType type, std::vector<std::int64_t> shape, std::vector<std::byte> bytes,
             std::size_t offset)
    : type_(type),
      shape_(std::move(shape)),
      row_size_(RowSize(shape_)),
      storage_(std::move(bytes)) {
  SetBytes(std::span<const std::byte>(std::get<std::vector<std::byte>>(storage_)).subspan(offset));
}

Array::Array(std::vector<std::int64_t> shape, std::vector<float> values)
    : type_(ElementType::kFloat32),
      shape_(std::move(shape)),
      row_size_(RowSize(shape_)),
      storage_(std::move(values)) {
  SetBytes(std::as_bytes(std::span(std::get<std::vector<float>>(storage_))));
}

Array::Array(std::vector<std::int64_t> shape, std::vector<std::int32_t> values)
    : type_(ElementType::kInt32),
      shape_(std::move(shape)),
      row_size_(RowSize(shape_)),
      storage_(std::move(values)) {
  SetBytes(std::as_bytes(std::span(std::get<std::vector<std::int32_t>>(storage_))));
}

void Array::SetBytes(std::span<const std::byte> bytes) {
  bytes_ = bytes;
  DESCENT_CHECK(bytes.size() == static_cast<std::size_t>(rows() * row_size_) * SizeOf(type_));
}

void Array::CopyRow(std::int64_t row, std::span<float> values) const {
  DESCENT_CHECK(row >= 0);
  DESCENT_CHECK(row < rows());
  DESCENT_CHECK(std::ssize(values) == row_size_);
  const std::size_t row_bytes = static_cast<std::size_t>(row_size_) * SizeOf(type_);
  ConvertAs(type_, bytes_.subspan(static_cast<std::size_t>(row) * row_bytes, row_bytes), values);
}

void Array::CopyRow(std::int64_t row, std::span<std::int64_t> values) const {
  DESCENT_CHECK(IsInteger(type_));
  DESCENT_CHECK(row >= 0);
  DESCENT_CHECK(row < rows());
  DESCENT_CHECK(std::ssize(values) == row_size_);
  const std::size_t row_bytes = static_cast<std::size_t>(row_size_) * SizeOf(type_);
  ConvertAs(type_, bytes_.subspan(static_cast<std::size_t>(row) * row_bytes, row_bytes), values);
}

}  // namespace descent
