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

// The files that a glob names ("texts/*.txt"; a name without *, ? or [ is itself), sorted by the
// bytes of their paths. Links are followed; a file that is reached more than once is read once, in
// its first place. Directories are left out. kInvalidArgument: a line for each match that cannot be
// read, or one because no file matches. Blocks.
Result<std::vector<TextFile>> ReadTextFiles(const std::string& glob);

}  // namespace descent
