#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace descent {

// kInvalidArgument with each problem on a line of its own: the first limits::kFileProblemsMax, and
// the count of the others; ok if there are none.
Status ProblemStatus(const std::vector<std::string>& problems);

// "a, b, …": the first of the names that a file has, without bytes that a terminal would obey.
std::string ListedNames(const std::vector<std::string>& names);

// Collects what is wrong with one file, each as "FILE: …" on a line of its own: the first
// limits::kFileProblemsMax, and the count of the others. One thread.
class FileProblems {
 public:
  explicit FileProblems(std::filesystem::path path) : path_(std::move(path)) {}

  void Add(std::string_view problem);
  bool empty() const { return count_ == 0; }

  // kInvalidArgument with all lines; ok if there are none.
  Status ToStatus() const;

 private:
  const std::filesystem::path path_;
  std::string lines_;
  std::size_t count_ = 0;
};

}  // namespace descent
