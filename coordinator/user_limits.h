#pragma once

#include <optional>

namespace descent {

// How much of the coordinator one user may take, who is told by the name of the token;
// docs/security.md says why. The flags of descent-coordinator set it.
struct UserLimits {
  int streams_max = 256;        // open at a time, of all users together
  int streams_of_user_max = 8;  // of one of them
  int changes_per_second = 50;  // calls that change something; 0: any number
  int changes_burst = 200;      // that may come at once
  // Jobs that are not at their end; 0: any number. Given, it holds for admins too, and for all
  // callers together where no tokens are asked for; else users may have kLiveJobsMax.
  std::optional<int> live_jobs_max{};

  static constexpr int kLiveJobsMax = 1000;
};

}  // namespace descent
