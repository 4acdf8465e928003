#include "worker/data/token_file.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read as they lie");

constexpr std::size_t kHeaderNumbers = 256;
constexpr std::size_t kHeaderBytes = kHeaderNumbers * sizeof(std::int32_t);

struct HeaderKind {
  std::int32_t magic;
  std::int32_t version;
  TokenType type;
};
constexpr std::array<HeaderKind, 2> kHeaderKinds = {{
    {.magic = 20240520, .version = 1, .type = TokenType::kUint16},
    {.magic = 20240801, .version = 7, .type = TokenType::kUint32},
}};

const char* NameOf(TokenType type) { return type == TokenType::kUint16 ? "uint16" : "uint32"; }

std::int32_t NumberAt(std::span<const std::byte> bytes, std::size_t index) {
  std::int32_t number = 0;
  std::memcpy(&number, bytes.data() + index * sizeof(number), sizeof(number));
  return number;
}

const HeaderKind* FindKind(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::int32_t)) return nullptr;
  for (const HeaderKind& kind : kHeaderKinds)
    if (NumberAt(bytes, 0) == kind.magic) return &kind;
  return nullptr;
}

Status Problem(const std::filesystem::path& path, std::string_view problem) {
  return Status(Code::kInvalidArgument, fmt::format("{}: {}", path.string(), problem));
}

// Checks all that the header says and leaves the tokens behind it.
Status ReadHeader(const HeaderKind& kind, std::optional<TokenType> declared, TokenFile& opened) {
  const std::span<const std::byte> bytes = opened.file.bytes();
  if (bytes.size() < kHeaderBytes)
    return Problem(opened.path, fmt::format("truncated: {} bytes, the header alone must have {}",
                                            bytes.size(), kHeaderBytes));
  if (NumberAt(bytes, 1) != kind.version)
    return Problem(opened.path, fmt::format("version {} of a header of {} tokens, must be {}",
                                            NumberAt(bytes, 1), NameOf(kind.type), kind.version));
  if (declared && *declared != kind.type)
    return Problem(opened.path, fmt::format("its header says {}, must be {} like its dtype",
                                            NameOf(kind.type), NameOf(*declared)));
  const std::int32_t count = NumberAt(bytes, 2);
  if (count < 0) return Problem(opened.path, fmt::format("{} tokens, must be at least 0", count));
  const std::size_t wanted = kHeaderBytes + static_cast<std::size_t>(count) * TokenBytes(kind.type);
  if (bytes.size() != wanted)
    return Problem(opened.path,
                   fmt::format("{} bytes, must be {} ({} of header and {} tokens of {})",
                               bytes.size(), wanted, kHeaderBytes, count, NameOf(kind.type)));
  opened.type = kind.type;
  opened.tokens = bytes.subspan(kHeaderBytes);
  return Status();
}

}  // namespace

Result<TokenFile> OpenTokenFile(const std::filesystem::path& path,
                                std::optional<TokenType> declared) {
  Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return Status(Code::kInvalidArgument, file.status().message());
  TokenFile opened{.path = path, .file = std::move(file).value()};
  const std::span<const std::byte> bytes = opened.file.bytes();
  if (const HeaderKind* const kind = FindKind(bytes)) {
    DESCENT_RETURN_IF_ERROR(ReadHeader(*kind, declared, opened));
    return opened;
  }
  opened.type = declared.value_or(TokenType::kUint16);
  opened.tokens = bytes;
  if (bytes.size() % TokenBytes(opened.type) != 0)
    return Problem(path, fmt::format("{} bytes, must be a multiple of {}, as its tokens are {}",
                                     bytes.size(), TokenBytes(opened.type), NameOf(opened.type)));
  return opened;
}

std::string TokenFileHeader(TokenType type, std::int64_t count) {
  DESCENT_CHECK(count >= 0);
  DESCENT_CHECK(count <= std::numeric_limits<std::int32_t>::max());
  const HeaderKind& kind = kHeaderKinds[type == TokenType::kUint16 ? 0 : 1];
  std::array<std::int32_t, kHeaderNumbers> header = {kind.magic, kind.version,
                                                     static_cast<std::int32_t>(count)};
  return {reinterpret_cast<const char*>(header.data()), kHeaderBytes};
}

}  // namespace descent
