#include "worker/predict/npy_writer.h"

#include <spdlog/fmt/fmt.h>

namespace descent {

std::string NpyHeader(std::int64_t rows, std::int64_t columns) {
  constexpr std::size_t kAlignment = 64;
  const std::string magic("\x93NUMPY\x01\x00", 8);
  std::string text =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", rows, columns);
  // Magic, two bytes of length, and the text with its newline end at a multiple of 64.
  const std::size_t unpadded = magic.size() + 2 + text.size() + 1;
  text.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  text += '\n';
  const auto low = static_cast<char>(text.size() & 0xff);
  const auto high = static_cast<char>(text.size() >> 8);
  return magic + low + high + text;
}

}  // namespace descent
