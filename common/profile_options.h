#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// Which steps of a run each worker records, and where (docs/profile.md).
struct ProfileOptions {
  std::string directory;          // empty: none. A file for each attempt and rank
  std::int64_t steps = 20;        // so many, at least 1,
  std::int64_t warmup_steps = 5;  // after so many; fewer where the run would end before
};

// The same as options of a program: "--profile", the directory, and so on. Nothing where nothing is
// recorded.
inline std::vector<std::string> ArgumentsOf(const ProfileOptions& options) {
  if (options.directory.empty()) return {};
  return {"--profile",        options.directory,
          "--profile-steps",  std::to_string(options.steps),
          "--profile-warmup", std::to_string(options.warmup_steps)};
}

}  // namespace descent
