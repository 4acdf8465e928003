#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/data/array.h"

namespace descent {

// What an NPY file says of its values.
//   \x93NUMPY major minor   little-endian length of the header: u16 of version 1, u32 of 2 and 3
//   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }   spaces, line end   the values
// Source: NumPy Enhancement Proposal 1, and numpy.lib.format.
struct NpyHeader {
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // 1 to limits::kArrayRankMax sizes, each >= 1
  std::size_t values_offset = 0;    // of the values in the file
};

// Reads the header at the beginning of `bytes`, which are all of the file: as many as the header
// wants must follow it, and no more. A header is parsed by a grammar of exactly the three keys, in
// any order, and never evaluated. Refused: objects, text and big-endian values, Fortran order,
// empty arrays and numbers alone. kInvalidArgument, with what was found and wanted, without the
// name of the file.
Result<NpyHeader> ParseNpyHeader(std::span<const std::byte> bytes);

// The array in a file, mapped. kInvalidArgument names the file. Blocks.
Result<Array> OpenNpyFile(const std::filesystem::path& path);

}  // namespace descent
