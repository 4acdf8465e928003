#include "worker/optim/adamw.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "worker/optim/deterministic_math.h"

namespace descent {

AdamW::AdamW(const AdamWOptions& options, std::int64_t weight_count,
             std::span<const IndexRange> no_decay)
    : options_(options) {
  DESCENT_CHECK(0 <= options.beta1 && options.beta1 < 1);
  DESCENT_CHECK(0 <= options.beta2 && options.beta2 < 1);
  DESCENT_CHECK(options.epsilon > 0);
  DESCENT_CHECK(options.weight_decay >= 0);
  DESCENT_CHECK(weight_count >= 0);
  mean_.resize(static_cast<std::size_t>(weight_count));
  variance_.resize(static_cast<std::size_t>(weight_count));

  std::int64_t covered = 0;
  for (const IndexRange& range : no_decay) {
    DESCENT_CHECK(covered <= range.first);
    DESCENT_CHECK(range.first <= range.last);
    runs_.push_back({.range = {.first = covered, .last = range.first}, .decays = true});
    runs_.push_back({.range = range, .decays = false});
    covered = range.last;
  }
  DESCENT_CHECK(covered <= weight_count);
  runs_.push_back({.range = {.first = covered, .last = weight_count}, .decays = true});
}

void AdamW::Step(double learning_rate, double grad_scale, std::span<const float> grads,
                 std::span<float> weights) {
  const AdamWFactors factors = BeginStep(learning_rate, grad_scale);
  UpdateRange(factors, {.first = 0, .last = static_cast<std::int64_t>(weights.size())}, grads,
              weights);
}

// In double: 1 - b2^t is about 1e-3 at t = 1, where float keeps too few digits.
AdamWFactors AdamW::BeginStep(double learning_rate, double grad_scale) {
  ++steps_done_;
  return {
      .grad_scale = static_cast<float>(grad_scale),
      .decay_factor = static_cast<float>(1 - learning_rate * options_.weight_decay),
      .mean_rate = static_cast<float>(1 - options_.beta1),
      .variance_keep = static_cast<float>(options_.beta2),
      .variance_rate = static_cast<float>(1 - options_.beta2),
      .variance_divisor = static_cast<float>(std::sqrt(1 - PowerOf(options_.beta2, steps_done_))),
      .epsilon = static_cast<float>(options_.epsilon),
      .step_size = static_cast<float>(learning_rate / (1 - PowerOf(options_.beta1, steps_done_))),
  };
}

void AdamW::UpdateRange(const AdamWFactors& factors, IndexRange range, std::span<const float> grads,
                        std::span<float> weights) {
  DESCENT_CHECK(grads.size() == mean_.size());
  DESCENT_CHECK(weights.size() == mean_.size());
  DESCENT_CHECK(0 <= range.first && range.first <= range.last);
  DESCENT_CHECK(static_cast<std::size_t>(range.last) <= mean_.size());
  AdamWFactors without_decay = factors;
  without_decay.decay_factor = 1;

  for (const Run& run : runs_) {
    const std::int64_t first = std::max(range.first, run.range.first);
    const std::int64_t last = std::min(range.last, run.range.last);
    if (first >= last) continue;
    UpdateAdamW(run.decays ? factors : without_decay,
                {.grads = grads.data() + first,
                 .weights = weights.data() + first,
                 .mean = mean_.data() + first,
                 .variance = variance_.data() + first,
                 .count = static_cast<std::size_t>(last - first)});
  }
}

void AdamW::Restore(std::int64_t steps_done, std::span<const float> mean,
                    std::span<const float> variance) {
  DESCENT_CHECK(steps_done >= 0);
  DESCENT_CHECK(mean.size() == mean_.size());
  DESCENT_CHECK(variance.size() == variance_.size());
  steps_done_ = steps_done;
  std::ranges::copy(mean, mean_.begin());
  std::ranges::copy(variance, variance_.begin());
}

}  // namespace descent
