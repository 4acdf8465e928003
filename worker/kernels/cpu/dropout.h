#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "common/check.h"
#include "common/random.h"
#include "worker/kernels/kernel.h"

namespace descent::cpu {

// Which elements a dropout sets to zero, for every kernel and its reference. Element e of a row is
// dropped if its random word is below `drop_below`. Its word is
//   Philox4x32({16 (e / 64) + e % 16, position, step, layer}, key)[e / 16 % 4],
// so nothing depends on how the batch is split. The row of a token in attention has, head by head,
// an element for each token that it may see, and every head begins a group of 64.
struct DropoutMask {
  PhiloxKey key;
  std::uint32_t step;
  std::uint32_t layer;
  std::uint32_t position;    // of the row among those of the global batch
  std::uint32_t drop_below;  // probability * 2^32
  float scale;               // of what stays: 1 / (1 - probability)
};

inline constexpr std::size_t kBlocksPerGroup = 16;
inline constexpr std::size_t kElementsPerGroup = 4 * kBlocksPerGroup;

// The mask of row 0 of the run.
inline DropoutMask MakeDropoutMask(double probability, std::uint32_t layer,
                                   std::int64_t rows_per_sample, const StepRun& run) {
  DESCENT_CHECK(0 <= run.step && run.step <= 0xffffffff);
  DESCENT_CHECK(0 <= run.first_position && run.first_position <= 0x7fffffff / rows_per_sample);
  return {.key = MakePhiloxKey(run.seed, RandomPurpose::kDropout),
          .step = static_cast<std::uint32_t>(run.step),
          .layer = layer,
          .position = static_cast<std::uint32_t>(run.first_position * rows_per_sample),
          .drop_below = static_cast<std::uint32_t>(std::ldexp(probability, 32)),
          .scale = static_cast<float>(1 / (1 - probability))};
}

}  // namespace descent::cpu
