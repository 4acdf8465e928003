#include "tests/unit/optim/optimizer_run.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace descent {

std::vector<float> Wave(std::size_t size, double phase) {
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i)
    values[i] = static_cast<float>(std::sin(phase + 0.7 * static_cast<double>(i)));
  return values;
}

bool HaveSameBits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

std::vector<RuledRange> OneRule(std::int64_t size, const UpdateRule& rule) {
  return {{{.first = 0, .last = size}, rule}};
}

OptimizerRun::OptimizerRun(std::unique_ptr<const Optimizer> optimizer,
                           std::vector<RuledRange> rules, std::vector<float> weights)
    : update_(std::move(optimizer), std::move(rules)),
      weights_(std::move(weights)),
      average_(weights_.size()) {
  moments_.assign(update_.MomentNames().size(), std::vector<float>(weights_.size()));
}

void OptimizerRun::Step(UpdateStep step, std::span<const float> grads, std::int64_t piece) {
  step.number = ++steps_;
  StateArenas arenas{.weights = weights_, .moments = {}, .average = average_};
  for (std::vector<float>& moment : moments_) arenas.moments.emplace_back(moment);
  const std::int64_t size = std::ssize(weights_);
  for (std::int64_t first = 0; first < size; first += piece) {
    const auto left = grads.subspan(static_cast<std::size_t>(first));
    update_.UpdateRange(step, {first, std::min(first + piece, size)},
                        left.first(std::min(left.size(), static_cast<std::size_t>(piece))), arenas,
                        arenas);
  }
}

}  // namespace descent
