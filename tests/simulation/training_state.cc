#include "tests/simulation/training_state.h"

namespace descent {

// The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
std::uint64_t Mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t mixed = a * 0x9e3779b97f4a7c15 + b + 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

TrainingState InitialState(std::uint64_t seed) { return {.step = 0, .digest = Mixed(seed, 0)}; }

TrainingState AfterStep(const TrainingState& state, std::uint64_t seed) {
  const std::int64_t step = state.step + 1;
  const std::uint64_t samples = Mixed(seed, static_cast<std::uint64_t>(step));
  return {.step = step, .digest = Mixed(state.digest, samples)};
}

Digest DigestOf(const TrainingState& state) {
  return {.high = static_cast<std::uint64_t>(state.step) + 1, .low = state.digest};
}

}  // namespace descent
