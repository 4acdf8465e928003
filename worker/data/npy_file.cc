#include "worker/data/npy_file.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "common/limits.h"
#include "common/mapped_file.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct TypeName {
  std::string_view descr;
  ElementType type;
};

constexpr std::array kTypeNames = {
    TypeName{"|b1", ElementType::kBool},    TypeName{"|i1", ElementType::kInt8},
    TypeName{"|u1", ElementType::kUint8},   TypeName{"<i2", ElementType::kInt16},
    TypeName{"<u2", ElementType::kUint16},  TypeName{"<i4", ElementType::kInt32},
    TypeName{"<i8", ElementType::kInt64},   TypeName{"<f4", ElementType::kFloat32},
    TypeName{"<f8", ElementType::kFloat64},
};

Status Problem(const std::string& text) { return Status(Code::kInvalidArgument, text); }

// A cursor over the header's text, which knows as much of Python's literals as headers have.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool Take(char c) {
    SkipBlanks();
    if (!text_.substr(position_).starts_with(c)) return false;
    ++position_;
    return true;
  }

  // A text in quotes of either kind, without escapes.
  std::optional<std::string_view> TakeText() {
    SkipBlanks();
    if (position_ >= text_.size()) return std::nullopt;
    const char quote = text_[position_];
    if (quote != '\'' && quote != '"') return std::nullopt;
    const std::size_t last = text_.find(quote, position_ + 1);
    if (last == std::string_view::npos) return std::nullopt;
    const std::string_view text = text_.substr(position_ + 1, last - position_ - 1);
    position_ = last + 1;
    return text;
  }

  std::optional<bool> TakeBool() {
    SkipBlanks();
    for (const auto& [word, value] : {std::pair{"False", false}, std::pair{"True", true}}) {
      if (!text_.substr(position_).starts_with(word)) continue;
      position_ += std::string_view(word).size();
      return value;
    }
    return std::nullopt;
  }

  std::optional<std::int64_t> TakeSize() {
    SkipBlanks();
    std::int64_t size = 0;
    const char* const first = text_.data() + position_;
    const auto [stop, error] = std::from_chars(first, text_.data() + text_.size(), size);
    if (error != std::errc() || size < 0) return std::nullopt;
    position_ += static_cast<std::size_t>(stop - first);
    return size;
  }

  std::optional<std::vector<std::int64_t>> TakeShape() {
    if (!Take('(')) return std::nullopt;
    std::vector<std::int64_t> shape;
    while (!Take(')')) {
      if (!shape.empty() && !Take(',')) return std::nullopt;
      if (!shape.empty() && Take(')')) return shape;
      const auto size = TakeSize();
      if (!size || shape.size() > limits::kArrayRankMax) return std::nullopt;
      shape.push_back(*size);
    }
    return shape;
  }

  bool AtEnd() {
    SkipBlanks();
    return position_ >= text_.size();
  }
  std::size_t position() const { return position_; }

 private:
  void SkipBlanks() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n'))
      ++position_;
  }

  const std::string_view text_;
  std::size_t position_ = 0;
};

// The values of the three keys, as far as they were given.
struct Fields {
  std::optional<std::string_view> descr;
  std::optional<bool> is_fortran;
  std::optional<std::vector<std::int64_t>> shape;
};

// Of a key that is given for the first time.
bool TakeField(HeaderParser& parser, Fields& fields) {
  const auto key = parser.TakeText();
  if (!key || !parser.Take(':')) return false;
  if (*key == "descr" && !fields.descr) return (fields.descr = parser.TakeText()).has_value();
  if (*key == "fortran_order" && !fields.is_fortran)
    return (fields.is_fortran = parser.TakeBool()).has_value();
  if (*key == "shape" && !fields.shape) return (fields.shape = parser.TakeShape()).has_value();
  return false;
}

Result<Fields> ParseFields(std::string_view text) {
  HeaderParser parser(text);
  Fields fields;
  bool is_right = parser.Take('{');
  while (is_right && !parser.Take('}')) {
    is_right = TakeField(parser, fields);
    if (is_right && !parser.Take(',')) {
      is_right = parser.Take('}');
      break;
    }
  }
  if (!is_right || !parser.AtEnd() || !fields.descr || !fields.is_fortran || !fields.shape)
    return Problem(
        fmt::format("a header that is wrong at byte {}: {}, must be like {{'descr': "
                    "'<f4', 'fortran_order': False, 'shape': (3, 4), }}",
                    parser.position(), Quoted(std::string(text))));
  return fields;
}

Result<ElementType> TypeOf(std::string_view descr) {
  const auto name = std::ranges::find(kTypeNames, descr, &TypeName::descr);
  if (name != kTypeNames.end()) return name->type;
  std::vector<std::string_view> names;
  for (const TypeName& known : kTypeNames) names.push_back(known.descr);
  return Problem(fmt::format("values of type {}, must be one of {}: numbers, little-endian",
                             Quoted(std::string(descr)), fmt::join(names, ", ")));
}

std::size_t LittleEndian(std::span<const std::byte> bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= static_cast<std::size_t>(bytes[i]) << (8 * i);
  return value;
}

// Where the text of the header lies.
struct TextPlace {
  std::size_t offset = 0;
  std::size_t size = 0;
};

Result<TextPlace> FindText(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with(kMagic)) return Problem("not NPY, must begin with \\x93NUMPY");
  if (bytes.size() < 12) return Problem(fmt::format("truncated: {} bytes", bytes.size()));
  const int version = static_cast<int>(bytes[6]);
  if (version < 1 || version > 3 || bytes[7] != std::byte{0})
    return Problem(fmt::format("NPY of version {}.{}, must be 1.0, 2.0 or 3.0", version,
                               static_cast<int>(bytes[7])));
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  const TextPlace place = {.offset = 8 + length_bytes,
                           .size = LittleEndian(bytes.subspan(8, length_bytes))};
  if (place.size > limits::kArrayHeaderBytesMax || place.size > bytes.size() - place.offset)
    return Problem(
        fmt::format("a header of {} bytes in a file of {}, must be within it and at "
                    "most {}",
                    place.size, bytes.size(), limits::kArrayHeaderBytesMax));
  return place;
}

Status CheckShape(const std::vector<std::int64_t>& shape) {
  const bool is_filled = std::ranges::all_of(shape, [](std::int64_t size) { return size >= 1; });
  if (!shape.empty() && shape.size() <= limits::kArrayRankMax && is_filled) return Status();
  return Problem(fmt::format("shape ({}), must be 1 to {} sizes of at least 1",
                             fmt::join(shape, ", "), limits::kArrayRankMax));
}

}  // namespace

Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> bytes) {
  DESCENT_ASSIGN(const TextPlace place, FindText(bytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + place.offset,
                              place.size);
  DESCENT_ASSIGN(const Fields fields, ParseFields(text));
  NpyHeader header = {.shape = *fields.shape, .values_offset = place.offset + place.size};
  DESCENT_ASSIGN(header.type, TypeOf(*fields.descr));
  if (*fields.is_fortran)
    return Problem("Fortran order, must be C order: numpy.ascontiguousarray makes it");
  DESCENT_RETURN_IF_ERROR(CheckShape(header.shape));
  const std::size_t found = bytes.size() - header.values_offset;
  const auto count = ElementCount(header.shape);
  std::size_t wanted = 0;
  const bool is_possible = count && !__builtin_mul_overflow(static_cast<std::size_t>(*count),
                                                            SizeOf(header.type), &wanted);
  if (!is_possible || found != wanted)
    return Problem(fmt::format("{} bytes of values, must be {} for shape ({}) of {}", found,
                               is_possible ? fmt::to_string(wanted) : "more than 2^64",
                               fmt::join(header.shape, ", "), NameOf(header.type)));
  return header;
}

Result<Array> OpenNpyFile(const std::filesystem::path& path) {
  Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return Problem(file.status().message());
  Result<NpyHeader> header = ParseNpyHeader(file.value().bytes());
  if (!header.ok()) return Problem(path.string() + ": " + header.status().message());
  return Array(header.value().type, std::move(header.value().shape), std::move(file).value(),
               header.value().values_offset);
}

}  // namespace descent
