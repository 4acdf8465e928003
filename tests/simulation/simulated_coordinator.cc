#include "tests/simulation/simulated_coordinator.h"

#include "common/check.h"

namespace descent {

SimulatedCoordinator::SimulatedCoordinator(StateOptions options) : options_(std::move(options)) {
  state_.emplace(options_);
}

std::vector<Action> SimulatedCoordinator::Apply(const Event& event, EventTime now) {
  DESCENT_CHECK(is_up());
  std::vector<Action> actions = state_->Apply(event, now);
  for (const Action& action : actions) {
    observer_.Observe(action);
    const auto* store = std::get_if<StoreCordon>(&action);
    if (store == nullptr) continue;
    const Place place{store->record.pool, store->record.world_rank};
    if (store->record.cordon == Cordon::kNone)
      cordons_.erase(place);
    else
      cordons_[place] = store->record.cordon;
  }
  return actions;
}

std::vector<Action> SimulatedCoordinator::Start(EventTime now) {
  DESCENT_CHECK(!is_up());
  state_.emplace(options_);
  observer_.ForgetVolatile();
  Restore restore{.last_generation = observer_.stored_generation()};
  for (const auto& [id, job] : observer_.stored_jobs()) restore.jobs.push_back(job);
  for (const auto& [place, cordon] : cordons_)
    restore.cordons.push_back({.pool = place.first, .world_rank = place.second, .cordon = cordon});
  return Apply(restore, now);
}

Cordon SimulatedCoordinator::CordonOf(const std::string& pool, int world_rank) const {
  const auto cordon = cordons_.find({pool, world_rank});
  return cordon == cordons_.end() ? Cordon::kNone : cordon->second;
}

}  // namespace descent
