#include "worker/data/text_files.h"

#include <utility>

#include "common/file.h"
#include "worker/data/file_problems.h"
#include "worker/data/find_files.h"

namespace descent {

Result<std::vector<TextFile>> ReadTextFiles(const std::string& glob) {
  FoundFiles found = FindFiles(glob);
  std::vector<TextFile> files;
  for (const std::filesystem::path& path : found.paths) {
    Result<std::string> text = ReadFile(path);
    if (text.ok()) {
      files.push_back({.path = path, .text = std::move(text).value()});
    } else {
      found.problems.push_back(text.status().message());
    }
  }
  DESCENT_RETURN_IF_ERROR(ProblemStatus(found.problems));
  return files;
}

}  // namespace descent
