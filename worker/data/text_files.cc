#include "worker/data/text_files.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

#include "common/file.h"

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

Result<std::vector<TextFile>> ReadTextFiles(const std::string& glob) {
  DESCENT_ASSIGN(const std::vector<std::string> paths, Expand(glob));
  std::vector<TextFile> files;
  std::set<std::pair<dev_t, ino_t>> seen;
  std::string problems;
  const auto add_problem = [&](const std::string& problem) {
    problems += (problems.empty() ? "" : "\n") + problem;
  };
  for (const std::string& path : paths) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) != 0) {
      add_problem(path + ": " + std::generic_category().message(errno));
      continue;
    }
    if (S_ISDIR(facts.st_mode)) continue;
    if (!seen.emplace(facts.st_dev, facts.st_ino).second) continue;
    Result<std::string> text = ReadFile(path);
    if (text.ok()) {
      files.push_back({.path = path, .text = std::move(text).value()});
    } else {
      add_problem(text.status().message());
    }
  }
  if (problems.empty() && files.empty())
    add_problem(glob + ": a directory, must be a file or a pattern of files");
  if (!problems.empty()) return Status(Code::kInvalidArgument, problems);
  return files;
}

}  // namespace descent
