#pragma once

#include <cstdint>
#include <string>

namespace descent {

// The beginning of an NPY file of version 1.0, little-endian f32 values [rows, columns], which
// follow it row by row. Source: the format's definition in NumPy, numpy.lib.format.
std::string NpyHeader(std::int64_t rows, std::int64_t columns);

}  // namespace descent
