#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace descent {

// An NPY file as NumPy writes it: version 1.0, padded with spaces to a multiple of 64 bytes.
std::string NpyBytes(const std::string& descr, const std::string& shape, const std::string& values,
                     const std::string& fortran_order = "False");

// A file of version 1.0 with exactly this header.
std::string NpyBytesOf(const std::string& header, const std::string& values);

// The bytes of numbers, one after the other.
template <typename Number>
std::string BytesOf(const std::vector<Number>& numbers) {
  const auto bytes = std::as_bytes(std::span(numbers));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace descent
