#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "worker/optim/arena_update.h"

namespace descent {

// Smooth, of both signs, and different for each element and phase.
std::vector<float> Wave(std::size_t size, double phase);

bool HaveSameBits(std::span<const float> a, std::span<const float> b);

// One rule for [0, size).
std::vector<RuledRange> OneRule(std::int64_t size, const UpdateRule& rule);

// An update with arenas of its own, in place, that keeps an average.
class OptimizerRun {
 public:
  OptimizerRun(std::unique_ptr<const Optimizer> optimizer, std::vector<RuledRange> rules,
               std::vector<float> weights);

  // One step, in pieces of at most so many elements. Its number is counted from 1.
  void Step(UpdateStep step, std::span<const float> grads,
            std::int64_t piece = std::int64_t{1} << 40);

  const std::vector<float>& weights() const { return weights_; }
  const std::vector<float>& average() const { return average_; }
  const std::vector<float>& moment(std::size_t m) const { return moments_[m]; }

 private:
  const ArenaUpdate update_;
  std::int64_t steps_ = 0;
  std::vector<float> weights_;
  std::vector<float> average_;
  std::vector<std::vector<float>> moments_;
};

}  // namespace descent
