#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "client/api/client.h"
#include "client/render/console.h"

namespace descent {

enum class FollowEnd { kTerminal, kInterrupted, kTimedOut, kTrouble, kLost };

struct Followed {
  FollowEnd end = FollowEnd::kTerminal;
  JobView job;                      // as last seen
  std::int64_t evaluated_step = 0;  // up to here evaluations have been shown
  std::string trouble;              // of kTrouble: what `find_trouble` said
  ApiError error;                   // of kLost: why the watch is over
};

// Shows a job while it is followed.
class JobDisplay {
 public:
  virtual ~JobDisplay() = default;
  virtual void Show(const JobView& job) = 0;  // a new version
  virtual void Refresh() {}                   // several times a second
};

struct FollowOptions {
  // Asked several times a second; what it says ends the following, after the job had a moment to
  // tell its own end.
  std::function<std::optional<std::string>()> find_trouble;
  int interrupts_ignored = 0;                        // how many of them have been answered already
  std::int64_t evaluated_step = 0;                   // evaluations up to here are not shown again
  std::optional<std::chrono::milliseconds> timeout;  // ends as kTimedOut
  std::function<bool()> is_left;  // asked several times a second; true ends as kInterrupted
  JobDisplay* display = nullptr;  // outlives the following; null: lines, and one that moves
};

// Says when the coordinator goes away and when it is back, once each. One thread.
class ConnectionNotice {
 public:
  explicit ConnectionNotice(Console& console) : console_(console) {}

  void Show(bool is_connected);

 private:
  Console& console_;
  bool was_connected_ = true;
};

// Shows a job's states, evaluations and progress until it is terminal or somebody interrupts.
Followed Follow(Client& client, Console& console, const JobView& job, const FollowOptions& options);

// The exit code that a terminal state stands for.
ExitCode OutcomeOf(const JobView& job);

// What several jobs come to together: trouble with any is worse than FAILED, that than CANCELLED,
// that than one that goes on when the time is up, and that than success.
ExitCode WorseOf(ExitCode one, ExitCode other);

}  // namespace descent
