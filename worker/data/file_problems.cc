#include "worker/data/file_problems.h"

#include <spdlog/fmt/fmt.h>

#include "common/limits.h"

namespace descent {

void FileProblems::Add(std::string_view problem) {
  if (++count_ > limits::kFileProblemsMax) return;
  lines_ += fmt::format("{}{}: {}", lines_.empty() ? "" : "\n", path_.string(), problem);
}

Status FileProblems::ToStatus() const {
  if (empty()) return Status();
  const std::size_t others =
      count_ > limits::kFileProblemsMax ? count_ - limits::kFileProblemsMax : 0;
  return Status(
      Code::kInvalidArgument,
      others == 0 ? lines_ : fmt::format("{}\n{}: and {} more", lines_, path_.string(), others));
}

}  // namespace descent
