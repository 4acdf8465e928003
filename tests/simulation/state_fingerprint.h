#pragma once

#include <functional>
#include <string>

#include "coordinator/state.h"

namespace descent {

// Tells whether two states go on alike: equal texts mean that equal further events lead to equal
// actions, up to texts for people, revisions, paces and times of the wall clock. Deadlines count
// from `now`. For a State that hears of no launcher, cordon or evaluation, measures no pace, and
// looks for neither silence nor ranks that stand still.
class StateFingerprint {
 public:
  using SessionName = std::function<std::string(SessionId)>;

  static std::string Of(const State& state, MonotonicTime now, const SessionName& name_of);
  static std::string Of(const Job& job);

 private:
  static std::string Of(const Attempt& attempt, MonotonicTime now, const SessionName& name_of);
  static std::string Of(const Member& member, const SessionName& name_of);
  static std::string Of(const GrantPlanner& planner);
};

}  // namespace descent
