#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/state.h"
#include "tests/unit/coordinator/action_observer.h"

namespace descent {

// A coordinator's process and its store: the real State, and what is committed. What an event
// changes is durable before anybody hears of it, as in coordinator/runtime.cc; a crash loses the
// rest. A value: a copy goes its own way.
class SimulatedCoordinator {
 public:
  explicit SimulatedCoordinator(StateOptions options);

  // Applies the event, commits, and answers with the actions that are to be performed, in order.
  // The coordinator is up.
  std::vector<Action> Apply(const Event& event, EventTime now);

  void Crash() { state_.reset(); }
  // Restores what is committed; as Apply. The coordinator is down.
  std::vector<Action> Start(EventTime now);

  bool is_up() const { return state_.has_value(); }
  const State& state() const { return *state_; }  // it is up
  const ActionObserver& observer() const { return observer_; }
  Cordon CordonOf(const std::string& pool, int world_rank) const;  // as committed

 private:
  using Place = std::pair<std::string, int>;  // pool and world rank

  StateOptions options_;
  std::optional<State> state_;
  ActionObserver observer_;
  std::map<Place, Cordon> cordons_;
};

}  // namespace descent
