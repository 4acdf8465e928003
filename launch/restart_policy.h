#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace descent {

// How one world came to its end.
struct WorldOutcome {
  std::chrono::milliseconds lived{0};
  bool did_start = false;  // every rank came up, and none gave up at once by itself
};

// When a pool is started again: after 0, 1, 2, 4, … 60 seconds. A world that lived for ten seconds
// makes the pauses short again. Worlds that cannot even start are given up after the fourth: they
// fail for a reason that no restart changes, such as a host file with too few slots. Pure.
class RestartPolicy {
 public:
  explicit RestartPolicy(std::optional<int> restarts_max);  // absent: no bound

  struct Decision {
    std::optional<std::chrono::seconds> pause;  // absent: no further world
    std::string why_not;                        // of no further world
  };
  Decision After(const WorldOutcome& outcome);

  int restarts() const { return restarts_; }

 private:
  const std::optional<int> restarts_max_;
  int restarts_ = 0;
  int short_lives_ = 0;        // worlds in a row that lived too short
  int failures_to_start_ = 0;  // in a row
};

}  // namespace descent
