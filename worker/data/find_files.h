#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace descent {

struct FoundFiles {
  std::vector<std::filesystem::path> paths;
  std::vector<std::string> problems;  // a line each
};

// The files that a glob names ("texts/*.txt"; a name without *, ? or [ is itself), sorted by the
// bytes of their paths. Links are followed; a file that is reached more than once counts once, in
// its first place. Directories are left out. It is a problem if a match cannot be looked at, or if
// no file matches. Blocks.
FoundFiles FindFiles(const std::string& glob);

}  // namespace descent
