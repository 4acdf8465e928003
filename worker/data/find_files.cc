#include "worker/data/find_files.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "common/result.h"

namespace descent {
namespace {

// Matches sorted by their bytes, whatever the locale.
Result<std::vector<std::string>> Expand(const std::string& pattern) {
  glob_t found = {};
  const int error = glob(pattern.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &found);
  const std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  globfree(&found);
  if (error == GLOB_NOMATCH) return Status(Code::kInvalidArgument, pattern + ": no such file");
  if (error != 0)
    return Status(Code::kInvalidArgument, pattern + ": a directory on the way cannot be read");
  std::vector<std::string> sorted = paths;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

FoundFiles FindFiles(const std::string& glob) {
  const Result<std::vector<std::string>> matches = Expand(glob);
  if (!matches.ok()) return {.paths = {}, .problems = {matches.status().message()}};
  FoundFiles found;
  std::set<std::pair<dev_t, ino_t>> seen;
  for (const std::string& path : matches.value()) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0) {
      found.problems.push_back(path + ": " + std::generic_category().message(errno));
    } else if (!S_ISDIR(facts.st_mode) && seen.emplace(facts.st_dev, facts.st_ino).second) {
      found.paths.emplace_back(path);
    }
  }
  if (found.problems.empty() && found.paths.empty())
    found.problems.push_back(glob + ": a directory, must be a file or a pattern of files");
  return found;
}

}  // namespace descent
