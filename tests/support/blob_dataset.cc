#include "tests/support/blob_dataset.h"

#include <fstream>
#include <random>

#include "common/check.h"

namespace descent {
namespace {

void AppendBigEndian(std::string& bytes, std::int64_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
}

void WriteBytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  DESCENT_CHECK(file.good());
}

}  // namespace

void BlobDataset::Write(const std::filesystem::path& prefix) const {
  std::string images = {0, 0, 8, 3};
  std::string labels = {0, 0, 8, 1};
  AppendBigEndian(images, samples);
  AppendBigEndian(images, side);
  AppendBigEndian(images, side);
  AppendBigEndian(labels, samples);

  std::mt19937_64 generator(seed);
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto label = static_cast<int>(i % classes);
    labels.push_back(static_cast<char>(label));
    for (int pixel = 0; pixel < side * side; ++pixel) {
      if (only_lit >= 0) {
        images.push_back(static_cast<char>(i == only_lit ? 255 : 0));
        continue;
      }
      const bool is_lit = pixel * classes / (side * side) == label;
      images.push_back(static_cast<char>(generator() % 100 + (is_lit ? 120 : 0)));
    }
  }
  WriteBytes(prefix.string() + "-images-idx3-ubyte", images);
  WriteBytes(prefix.string() + "-labels-idx1-ubyte", labels);
}

}  // namespace descent
