#include "worker/data/idx_file.h"

#include <spdlog/fmt/fmt.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <system_error>

namespace descent {
namespace {

constexpr std::uint32_t kUnsignedBytes = 8;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

// zlib reads a file that is not gzip as it is, so one reader serves both.
struct CloseGzip {
  void operator()(gzFile_s* file) const { gzclose(file); }
};
using GzipFile = std::unique_ptr<gzFile_s, CloseGzip>;

Status Problem(const std::filesystem::path& path, std::string_view problem) {
  return Status(Code::kInvalidArgument, fmt::format("{}: {}", path.string(), problem));
}

Result<std::filesystem::path> FindFile(const std::filesystem::path& path) {
  std::filesystem::path compressed = path;
  compressed += ".gz";
  std::error_code ignored;
  for (const auto& candidate : {path, compressed})
    if (std::filesystem::is_regular_file(candidate, ignored)) return candidate;
  return Problem(path, fmt::format("no such file, nor {}", compressed.string()));
}

// Up to bytes.size() bytes: fewer only at the end of the file. A stream that ends early is its end.
Result<std::size_t> ReadSome(gzFile_s* file, std::span<std::uint8_t> bytes,
                             const std::filesystem::path& path) {
  const int count = gzread(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  int error = Z_OK;
  const char* message = gzerror(file, &error);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (error == Z_BUF_ERROR) return std::size_t{0};
  return Problem(path, fmt::format("cannot be read: {}", message));
}

std::uint32_t BigEndian(std::span<const std::uint8_t> bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

Result<std::vector<std::int64_t>> ReadHeader(gzFile_s* file, int rank,
                                             const std::filesystem::path& path) {
  std::vector<std::uint8_t> header(4 + 4 * static_cast<std::size_t>(rank));
  DESCENT_ASSIGN(const std::size_t found, ReadSome(file, header, path));
  const std::uint32_t wanted_magic = kUnsignedBytes << 8 | static_cast<std::uint32_t>(rank);
  if (found >= 4 && BigEndian(header) != wanted_magic)
    return Problem(path, fmt::format("magic number {:#010x}, must be {:#010x} (unsigned bytes, {} "
                                     "dimensions)",
                                     BigEndian(header), wanted_magic, rank));
  if (found < header.size())
    return Problem(path, fmt::format("truncated: {} bytes, the header alone must have {}", found,
                                     header.size()));
  std::vector<std::int64_t> shape;
  for (std::size_t offset = 4; offset < header.size(); offset += 4)
    shape.push_back(BigEndian(std::span(header).subspan(offset)));
  return shape;
}

// Nothing if the product does not fit, which no real file reaches.
std::optional<std::size_t> Product(const std::vector<std::int64_t>& shape) {
  std::size_t product = 1;
  for (const std::int64_t size : shape)
    if (__builtin_mul_overflow(product, static_cast<std::size_t>(size), &product))
      return std::nullopt;
  if (product > std::numeric_limits<std::ptrdiff_t>::max()) return std::nullopt;
  return product;
}

// Grows with what is really there, so a false header cannot make it reserve memory.
Result<std::vector<std::uint8_t>> ReadValues(gzFile_s* file, std::size_t wanted,
                                             const std::filesystem::path& path) {
  std::vector<std::uint8_t> values;
  while (values.size() < wanted) {
    const std::size_t done = values.size();
    values.resize(done + std::min(kBlockBytes, wanted - done));
    DESCENT_ASSIGN(const std::size_t count, ReadSome(file, std::span(values).subspan(done), path));
    values.resize(done + count);
    if (count == 0) break;
  }
  return values;
}

// Reading past the last value also makes zlib compare the checksum behind it.
Status CheckEnd(gzFile_s* file, std::size_t file_bytes, const std::filesystem::path& path) {
  std::array<std::uint8_t, 1> beyond = {};
  DESCENT_ASSIGN(const std::size_t count, ReadSome(file, beyond, path));
  if (count > 0)
    return Problem(path, fmt::format("goes on after the {} bytes that its header "
                                     "wants",
                                     file_bytes));
  int error = Z_OK;
  gzerror(file, &error);
  if (error == Z_BUF_ERROR) return Problem(path, "truncated: its gzip checksum is missing");
  return Status();
}

}  // namespace

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

Result<IdxFile> ReadIdxFile(const std::filesystem::path& path, int rank) {
  DESCENT_ASSIGN(const std::filesystem::path found_path, FindFile(path));
  errno = 0;
  const GzipFile file(gzopen(found_path.c_str(), "rbe"));
  if (!file)
    return Problem(found_path, "cannot be opened: " + std::generic_category().message(errno));
  gzbuffer(file.get(), 1 << 17);

  DESCENT_ASSIGN(std::vector<std::int64_t> shape, ReadHeader(file.get(), rank, found_path));
  const std::optional<std::size_t> wanted = Product(shape);
  if (!wanted || *wanted == 0)
    return Problem(found_path, fmt::format("size {}, must be at least 1 in each dimension and "
                                           "below 2^63 bytes",
                                           ShapeText(shape)));
  DESCENT_ASSIGN(std::vector<std::uint8_t> values, ReadValues(file.get(), *wanted, found_path));
  const std::size_t header_bytes = 4 + 4 * shape.size();
  if (values.size() < *wanted)
    return Problem(found_path, fmt::format("truncated: {} bytes, must be {} ({} of header and {})",
                                           header_bytes + values.size(), header_bytes + *wanted,
                                           header_bytes, ShapeText(shape)));
  DESCENT_RETURN_IF_ERROR(CheckEnd(file.get(), header_bytes + *wanted, found_path));
  return IdxFile{.path = found_path, .shape = std::move(shape), .values = std::move(values)};
}

}  // namespace descent
