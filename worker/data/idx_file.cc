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

std::size_t HeaderBytes(int rank) { return 4 + 4 * static_cast<std::size_t>(rank); }

// The shape that the header says; `bytes` are those that the file begins with, as many as a header
// has or all that there are.
Result<std::vector<std::int64_t>> ParseHeader(std::span<const std::uint8_t> bytes, int rank,
                                              const std::filesystem::path& path) {
  const std::uint32_t wanted_magic = kUnsignedBytes << 8 | static_cast<std::uint32_t>(rank);
  if (bytes.size() >= 4 && BigEndian(bytes) != wanted_magic)
    return Problem(path, fmt::format("magic number {:#010x}, must be {:#010x} (unsigned bytes, {} "
                                     "dimensions)",
                                     BigEndian(bytes), wanted_magic, rank));
  if (bytes.size() < HeaderBytes(rank))
    return Problem(path, fmt::format("truncated: {} bytes, the header alone must have {}",
                                     bytes.size(), HeaderBytes(rank)));
  std::vector<std::int64_t> shape;
  for (std::size_t offset = 4; offset < HeaderBytes(rank); offset += 4)
    shape.push_back(BigEndian(bytes.subspan(offset)));
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

Status GoesOn(std::size_t file_bytes, const std::filesystem::path& path) {
  return Problem(path, fmt::format("goes on after the {} bytes that its header wants", file_bytes));
}

// Reading past the last value also makes zlib compare the checksum behind it.
Status CheckEnd(gzFile_s* file, std::size_t file_bytes, const std::filesystem::path& path) {
  std::array<std::uint8_t, 1> beyond = {};
  DESCENT_ASSIGN(const std::size_t count, ReadSome(file, beyond, path));
  if (count > 0) return GoesOn(file_bytes, path);
  int error = Z_OK;
  gzerror(file, &error);
  if (error == Z_BUF_ERROR) return Problem(path, "truncated: its gzip checksum is missing");
  return Status();
}

// How many values the shape wants: one at least.
Result<std::size_t> CountValues(const std::vector<std::int64_t>& shape,
                                const std::filesystem::path& path) {
  const std::optional<std::size_t> count = Product(shape);
  if (count && *count > 0) return *count;
  return Problem(path, fmt::format("size {}, must be at least 1 in each dimension and below 2^63 "
                                   "bytes",
                                   ShapeText(shape)));
}

Status CheckNotTruncated(std::size_t found, std::size_t wanted,
                         const std::vector<std::int64_t>& shape,
                         const std::filesystem::path& path) {
  if (found >= wanted) return Status();
  const std::size_t header_bytes = 4 + 4 * shape.size();
  return Problem(path, fmt::format("truncated: {} bytes, must be {} ({} of header and {})",
                                   header_bytes + found, header_bytes + wanted, header_bytes,
                                   ShapeText(shape)));
}

bool IsGzip(std::span<const std::uint8_t> bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

Result<IdxFile> ReadPlain(MappedFile mapped, int rank, const std::filesystem::path& path) {
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(mapped.bytes().data()),
                        mapped.bytes().size());
  const std::size_t header_bytes = HeaderBytes(rank);
  DESCENT_ASSIGN(std::vector<std::int64_t> shape,
                 ParseHeader(bytes.first(std::min(header_bytes, bytes.size())), rank, path));
  DESCENT_ASSIGN(const std::size_t wanted, CountValues(shape, path));
  const std::span values = bytes.subspan(header_bytes);
  DESCENT_RETURN_IF_ERROR(CheckNotTruncated(values.size(), wanted, shape, path));
  if (values.size() > wanted) return GoesOn(header_bytes + wanted, path);
  return IdxFile{
      .path = path, .shape = std::move(shape), .values = values, .storage = std::move(mapped)};
}

Result<IdxFile> ReadCompressed(int rank, const std::filesystem::path& path) {
  errno = 0;
  const GzipFile file(gzopen(path.c_str(), "rbe"));
  if (!file) return Problem(path, "cannot be opened: " + std::generic_category().message(errno));
  gzbuffer(file.get(), 1 << 17);

  std::vector<std::uint8_t> header(HeaderBytes(rank));
  DESCENT_ASSIGN(const std::size_t found, ReadSome(file.get(), header, path));
  DESCENT_ASSIGN(std::vector<std::int64_t> shape,
                 ParseHeader(std::span(header).first(found), rank, path));
  DESCENT_ASSIGN(const std::size_t wanted, CountValues(shape, path));
  DESCENT_ASSIGN(std::vector<std::uint8_t> values, ReadValues(file.get(), wanted, path));
  DESCENT_RETURN_IF_ERROR(CheckNotTruncated(values.size(), wanted, shape, path));
  DESCENT_RETURN_IF_ERROR(CheckEnd(file.get(), header.size() + wanted, path));
  IdxFile read = {.path = path, .shape = std::move(shape), .values = {}, .storage = {}};
  read.values = read.storage.emplace<std::vector<std::uint8_t>>(std::move(values));
  return read;
}

}  // namespace

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape, " x "));
}

Result<IdxFile> ReadIdxFile(const std::filesystem::path& path, int rank) {
  DESCENT_ASSIGN(const std::filesystem::path found_path, FindFile(path));
  Result<MappedFile> mapped = MappedFile::Open(found_path);
  if (!mapped.ok()) return Problem(found_path, mapped.status().message());
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(mapped.value().bytes().data()),
                        mapped.value().bytes().size());
  if (IsGzip(bytes)) return ReadCompressed(rank, found_path);
  return ReadPlain(std::move(mapped).value(), rank, found_path);
}

}  // namespace descent
