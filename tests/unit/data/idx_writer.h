#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace descent {

// The bytes of an IDX file of unsigned bytes whose header claims `shape`.
std::string IdxBytes(const std::vector<std::uint32_t>& shape, const std::string& values);

// Writes the pair of files of a dataset: images of 1 x 2 pixels, {10 i, 10 i + 1} for image i.
void WriteIdxPair(const std::string& prefix, const std::string& labels);

void WriteBytes(const std::filesystem::path& path, const std::string& bytes);
void WriteGzip(const std::filesystem::path& path, const std::string& bytes);

}  // namespace descent
