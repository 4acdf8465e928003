#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/commit_model.h"

namespace descent {

struct CommitSearchOptions {
  CommitBounds bounds;
  // So many models wait at most for their turn, the earliest first: beyond, the latest goes first,
  // which takes less memory and finds longer ways to the same.
  std::size_t waiting_max = 20'000;
  std::int64_t states_max = 0;  // 0: all that there are
};

struct CommitSearchResult {
  std::int64_t states = 0;       // that differ
  std::int64_t transitions = 0;  // tried
  std::int64_t ends = 0;         // states in which nothing is left to happen
  std::int64_t depth = 0;        // of the farthest
  bool is_complete = false;      // each state that can be reached was
  std::vector<std::string> violations;
  std::vector<std::string> path;  // to the first of them
};

// Tries every order in which things can happen to a CommitModel, once for each state that differs.
// Ends with the first violation.
CommitSearchResult SearchCommits(const CommitSearchOptions& options);

}  // namespace descent
