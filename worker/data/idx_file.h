#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "common/mapped_file.h"
#include "common/result.h"

namespace descent {

// What values lie in: memory, or a file where it lies.
using IdxStorage = std::variant<std::vector<std::uint8_t>, MappedFile>;

// An array of unsigned bytes in the IDX format:
//   0 0 8 R   big-endian u32 size of each of the R dimensions   the values, last dimension fastest
// Source: LeCun, Cortes and Burges 1998, "The MNIST database of handwritten digits".
struct IdxFile {
  std::filesystem::path path;
  std::vector<std::int64_t> shape;       // R sizes, each >= 1
  std::span<const std::uint8_t> values;  // in the storage; moving it does not move them
  IdxStorage storage;
};

// Maps `path`, or reads `path`.gz where there is no `path`; what is gzip by its first bytes is read
// through gzip under either name, and then kept in memory. kInvalidArgument for a file that is
// missing, not IDX of `rank` dimensions, truncated or too long, in one message that names the file,
// what was found and what was wanted. Memory is bounded by what the file really holds, whatever its
// header claims. Blocks.
Result<IdxFile> ReadIdxFile(const std::filesystem::path& path, int rank);

// "60000 x 28 x 28"
std::string ShapeText(const std::vector<std::int64_t>& shape);

}  // namespace descent
