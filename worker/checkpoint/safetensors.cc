#include "worker/checkpoint/safetensors.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>

#include "common/check.h"

namespace descent {
namespace {

// Values are copied as they lie in memory.
static_assert(std::endian::native == std::endian::little);

using Json = nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
constexpr std::size_t kHeaderBytesMax = std::size_t{16} << 20;
constexpr std::size_t kRankMax = 8;
constexpr std::size_t kNameBytesMax = 512;
constexpr std::string_view kMetadataKey = "__metadata__";

Status Corrupt(std::string message) {
  return Status(Code::kDataLoss, "not a valid safetensors file: " + std::move(message));
}

Result<std::string_view> HeaderText(std::span<const std::byte> file) {
  if (file.size() < kLengthBytes)
    return Corrupt(fmt::format("{} bytes, must be at least {}", file.size(), kLengthBytes));
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  const std::size_t length_max = std::min(kHeaderBytesMax, file.size() - kLengthBytes);
  if (length > length_max)
    return Corrupt(fmt::format("header of {} bytes, must be at most {}", length, length_max));
  const auto* text = reinterpret_cast<const char*>(file.data() + kLengthBytes);
  return std::string_view(text, static_cast<std::size_t>(length));
}

// The parser alone would let the last of several equal keys win.
Result<Json> ParseHeader(std::string_view text) {
  std::vector<std::set<std::string>> keys_of_open_objects;
  std::string duplicate;
  const auto watch_keys = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys_of_open_objects.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_of_open_objects.pop_back();
    if (event == Json::parse_event_t::key &&
        !keys_of_open_objects.back().insert(value.get<std::string>()).second)
      duplicate = value.get<std::string>();
    return true;
  };
  Json header = Json::parse(text.begin(), text.end(), watch_keys, /*allow_exceptions=*/false);
  if (header.is_discarded() || !header.is_object() || !text.starts_with('{'))
    return Corrupt("the header is not a JSON object");
  if (!duplicate.empty()) return Corrupt(fmt::format("key \"{}\" appears twice", duplicate));
  return header;
}

// Nothing if it is not an array of at most `size_max` integers in [0, 2^63).
std::optional<std::vector<std::int64_t>> Integers(const Json& json, std::size_t size_max) {
  if (!json.is_array() || json.size() > size_max) return std::nullopt;
  std::vector<std::int64_t> integers;
  for (const Json& element : json) {
    if (!element.is_number_unsigned()) return std::nullopt;
    const auto value = element.get<std::uint64_t>();
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return std::nullopt;
    integers.push_back(static_cast<std::int64_t>(value));
  }
  return integers;
}

// Nothing if the product of the shape does not fit.
std::optional<std::int64_t> BytesOf(const std::vector<std::int64_t>& shape) {
  std::int64_t bytes = sizeof(float);
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(bytes, size, &bytes)) return std::nullopt;
  return bytes;
}

Result<SafetensorsEntry> ParseEntry(const std::string& name, const Json& json,
                                    std::span<const std::byte> values) {
  if (!IsTensorName(name))
    return Corrupt(
        fmt::format("a tensor's name has {} bytes or is not printable, must be 1 to {} "
                    "printable ASCII characters",
                    name.size(), kNameBytesMax));
  const auto refuse = [&](std::string_view wanted) {
    return Corrupt(fmt::format("tensor \"{}\" must have {}", name, wanted));
  };
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets"))
    return refuse("exactly dtype, shape and data_offsets");
  if (json["dtype"] != "F32") return refuse("dtype F32");
  const auto shape = Integers(json["shape"], kRankMax);
  if (!shape) return refuse("a shape of at most 8 sizes");
  const auto offsets = Integers(json["data_offsets"], 2);
  if (!offsets || offsets->size() != 2) return refuse("two data_offsets");
  const std::int64_t first = (*offsets)[0];
  const std::int64_t last = (*offsets)[1];
  if (first > last || last > std::ssize(values))
    return refuse(fmt::format("data_offsets within the {} bytes of values, not [{}, {}]",
                              values.size(), first, last));
  if (BytesOf(*shape) != last - first)
    return refuse(fmt::format("as many bytes as its shape wants, not {}", last - first));
  return SafetensorsEntry{.name = name,
                          .shape = *shape,
                          .bytes = values.subspan(static_cast<std::size_t>(first),
                                                  static_cast<std::size_t>(last - first))};
}

// Sorted by their bytes, they must follow one another from the first value to the last.
Status CheckTiling(std::span<const SafetensorsEntry> entries, std::span<const std::byte> values) {
  const std::byte* end = values.data();
  for (const SafetensorsEntry& entry : entries) {
    if (entry.bytes.data() != end)
      return Corrupt(fmt::format("the values of tensor \"{}\" begin at {}, must begin at {}",
                                 entry.name, entry.bytes.data() - values.data(),
                                 end - values.data()));
    end += entry.bytes.size();
  }
  if (end != values.data() + values.size())
    return Corrupt(fmt::format("the tensors end at {}, must end at {} with the file",
                               end - values.data(), values.size()));
  return Status();
}

}  // namespace

bool IsTensorName(const std::string& name) {
  return !name.empty() && name.size() <= kNameBytesMax && name != kMetadataKey &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::string EncodeSafetensorsHeader(std::span<const TensorView> tensors) {
  Json header = {{kMetadataKey, {{"format", "pt"}}}};
  std::int64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    const std::int64_t last = offset + static_cast<std::int64_t>(tensor.values.size_bytes());
    DESCENT_CHECK(IsTensorName(tensor.name));
    DESCENT_CHECK(!header.contains(tensor.name));
    DESCENT_CHECK(tensor.shape.size() <= kRankMax);
    DESCENT_CHECK(BytesOf(tensor.shape) == last - offset);
    header[tensor.name] = {
        {"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, last}}};
    offset = last;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  DESCENT_CHECK(text.size() <= kHeaderBytesMax);
  const std::uint64_t length = text.size();
  std::string encoded(kLengthBytes, '\0');
  std::memcpy(encoded.data(), &length, kLengthBytes);
  return encoded + text;
}

Result<std::vector<SafetensorsEntry>> ParseSafetensors(std::span<const std::byte> file) {
  DESCENT_ASSIGN(const std::string_view text, HeaderText(file));
  DESCENT_ASSIGN(const Json header, ParseHeader(text));
  const auto values = file.subspan(kLengthBytes + text.size());
  std::vector<SafetensorsEntry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == kMetadataKey) continue;
    DESCENT_ASSIGN(SafetensorsEntry entry, ParseEntry(name, json, values));
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    return std::pair(a.bytes.data(), a.bytes.size()) < std::pair(b.bytes.data(), b.bytes.size());
  });
  DESCENT_RETURN_IF_ERROR(CheckTiling(entries, values));
  return entries;
}

}  // namespace descent
