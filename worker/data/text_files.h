#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/result.h"

namespace descent {

struct TextFile {
  std::filesystem::path path;
  std::string text;
};

// All that the files of a glob hold (FindFiles says which they are and in which order).
// kInvalidArgument: a line for each match that cannot be read, or one because no file matches.
// Blocks.
Result<std::vector<TextFile>> ReadTextFiles(const std::string& glob);

}  // namespace descent
