#pragma once

#include <cstdint>

#include "common/hash.h"

namespace descent {

// What training computes, as far as anybody else can tell: how many steps are done, and a digest of
// all of them in their order. A step that is left out, repeated or run from another state gives
// another digest.
struct TrainingState {
  std::int64_t step = 0;  // steps done
  std::uint64_t digest = 0;

  bool operator==(const TrainingState&) const = default;
};

// Scatters the bits of both.
std::uint64_t Mixed(std::uint64_t a, std::uint64_t b);

TrainingState InitialState(std::uint64_t seed);
// After one more step, whose samples follow from the seed and its number.
TrainingState AfterStep(const TrainingState& state, std::uint64_t seed);
Digest DigestOf(const TrainingState& state);

}  // namespace descent
