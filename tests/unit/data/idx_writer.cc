#include "tests/unit/data/idx_writer.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>

namespace descent {

std::string IdxBytes(const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string bytes = {0, 0, 8, static_cast<char>(shape.size())};
  for (const std::uint32_t size : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  return bytes + values;
}

void WriteIdxPair(const std::string& prefix, const std::string& labels) {
  const auto count = static_cast<std::uint32_t>(labels.size());
  std::string pixels;
  for (std::uint32_t i = 0; i < count; ++i) {
    pixels += static_cast<char>(10 * i);
    pixels += static_cast<char>(10 * i + 1);
  }
  WriteBytes(prefix + "-images-idx3-ubyte", IdxBytes({count, 1, 2}, pixels));
  WriteBytes(prefix + "-labels-idx1-ubyte", IdxBytes({count}, labels));
}

void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  ASSERT_TRUE(file.good());
}

void WriteGzip(const std::filesystem::path& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())),
            static_cast<int>(bytes.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
}

}  // namespace descent
