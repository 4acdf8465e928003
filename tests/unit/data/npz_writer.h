#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace descent {

enum class NpzMethod { kStored, kDeflated };

// Writes the bytes of NPY files by the names of their arrays.
void WriteNpz(const std::filesystem::path& path, const std::map<std::string, std::string>& arrays,
              NpzMethod method);

}  // namespace descent
