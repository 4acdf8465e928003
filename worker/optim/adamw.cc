#include "worker/optim/adamw.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"
#include "worker/optim/deterministic_math.h"

namespace descent {
namespace {

// An arena of this size (16 MiB) does not stay in a core's caches until the next step reads it:
// writing past them saves reading what is overwritten.
constexpr std::int64_t kStreamingWeightsMin = std::int64_t{4} << 20;

}  // namespace

AdamW::AdamW(const AdamWOptions& options, std::int64_t weight_count,
             std::span<const IndexRange> no_decay)
    : options_(options), weight_count_(weight_count) {
  DESCENT_CHECK(0 <= options.beta1 && options.beta1 < 1);
  DESCENT_CHECK(0 <= options.beta2 && options.beta2 < 1);
  DESCENT_CHECK(options.epsilon > 0);
  DESCENT_CHECK(options.weight_decay >= 0);
  DESCENT_CHECK(weight_count >= 0);

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

// In double: 1 - b2^t is about 1e-3 at t = 1, where float keeps too few digits.
AdamWFactors AdamW::FactorsOf(std::int64_t step, double learning_rate, double grad_scale) const {
  DESCENT_CHECK(step >= 1);
  return {
      .grad_scale = static_cast<float>(grad_scale),
      .decay_factor = static_cast<float>(1 - learning_rate * options_.weight_decay),
      .mean_rate = static_cast<float>(1 - options_.beta1),
      .variance_keep = static_cast<float>(options_.beta2),
      .variance_rate = static_cast<float>(1 - options_.beta2),
      .variance_divisor = static_cast<float>(std::sqrt(1 - PowerOf(options_.beta2, step))),
      .epsilon = static_cast<float>(options_.epsilon),
      .step_size = static_cast<float>(learning_rate / (1 - PowerOf(options_.beta1, step))),
  };
}

void AdamW::UpdateRange(const AdamWFactors& factors, IndexRange range, std::span<const float> grads,
                        const AdamWArenas& from, const AdamWArenas& to) const {
  const auto size = static_cast<std::size_t>(weight_count_);
  DESCENT_CHECK(grads.size() == size);
  for (const AdamWArenas* arenas : {&from, &to}) {
    DESCENT_CHECK(arenas->weights.size() == size);
    DESCENT_CHECK(arenas->mean.size() == size);
    DESCENT_CHECK(arenas->variance.size() == size);
  }
  DESCENT_CHECK(0 <= range.first && range.first <= range.last && range.last <= weight_count_);
  AdamWFactors without_decay = factors;
  without_decay.decay_factor = 1;
  const bool streams =
      to.weights.data() != from.weights.data() && weight_count_ >= kStreamingWeightsMin;

  for (const Run& run : runs_) {
    const std::int64_t first = std::max(range.first, run.range.first);
    const std::int64_t last = std::min(range.last, run.range.last);
    if (first >= last) continue;
    UpdateAdamW(run.decays ? factors : without_decay,
                {.grads = grads.data() + first,
                 .weights = from.weights.data() + first,
                 .mean = from.mean.data() + first,
                 .variance = from.variance.data() + first,
                 .new_weights = to.weights.data() + first,
                 .new_mean = to.mean.data() + first,
                 .new_variance = to.variance.data() + first,
                 .count = static_cast<std::size_t>(last - first)},
                streams ? AdamWStores::kStreaming : AdamWStores::kCached);
  }
}

}  // namespace descent
