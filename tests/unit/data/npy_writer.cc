#include "tests/unit/data/npy_writer.h"

namespace descent {

std::string NpyBytesOf(const std::string& header, const std::string& values) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + values;
}

std::string NpyBytes(const std::string& descr, const std::string& shape, const std::string& values,
                     const std::string& fortran_order) {
  std::string header = "{'descr': '" + descr + "', 'fortran_order': " + fortran_order +
                       ", 'shape': " + shape + ", }";
  while ((10 + header.size() + 1) % 64 != 0) header += ' ';
  return NpyBytesOf(header + '\n', values);
}

}  // namespace descent
