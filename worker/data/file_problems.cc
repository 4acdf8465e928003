#include "worker/data/file_problems.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <span>

#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {

Status ProblemStatus(const std::vector<std::string>& problems) {
  if (problems.empty()) return Status();
  const std::size_t shown = std::min(problems.size(), limits::kFileProblemsMax);
  std::string lines = fmt::format("{}", fmt::join(std::span(problems).first(shown), "\n"));
  if (shown < problems.size()) lines += fmt::format("\nand {} more", problems.size() - shown);
  return Status(Code::kInvalidArgument, lines);
}

std::string ListedNames(const std::vector<std::string>& names) {
  constexpr std::size_t kListedMax = 20;
  std::vector<std::string> listed;
  for (const std::string& name : std::span(names).first(std::min(kListedMax, names.size())))
    listed.push_back(Printable(name));
  if (names.size() > kListedMax) listed.emplace_back("…");
  return fmt::format("{}", fmt::join(listed, ", "));
}

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
