#include "common/gradient_noise.h"

#include <algorithm>

#include "common/check.h"

namespace descent {
namespace {

constexpr double kWeightOfStep = 0.01;
constexpr std::int64_t kStepsMin = 20;

}  // namespace

std::optional<GradientNoise> EstimateNoise(std::span<const GradientShare> shares,
                                           double batch_square_sum) {
  if (shares.size() < 2) return std::nullopt;
  double small_square = 0;
  double inverse_size = 0;
  double batch_size = 0;
  for (const GradientShare& share : shares) {
    DESCENT_CHECK(share.samples > 0);
    small_square += share.square_sum / (share.samples * share.samples);
    inverse_size += 1 / share.samples;
    batch_size += share.samples;
  }
  small_square /= static_cast<double>(shares.size());
  inverse_size /= static_cast<double>(shares.size());
  const double batch_square = batch_square_sum / (batch_size * batch_size);
  const double noise = (small_square - batch_square) / (inverse_size - 1 / batch_size);
  return GradientNoise{.signal = batch_square - noise / batch_size, .noise = noise};
}

SmoothedNoise AfterStep(const SmoothedNoise& smoothed, const GradientNoise& step) {
  SmoothedNoise next = smoothed;
  ++next.steps;
  // A plain mean at first, so that no step counts for more than its part.
  const double weight = std::max(kWeightOfStep, 1.0 / static_cast<double>(next.steps));
  next.mean.signal += weight * (step.signal - next.mean.signal);
  next.mean.noise += weight * (step.noise - next.mean.noise);
  return next;
}

std::optional<double> NoiseScale(const SmoothedNoise& smoothed) {
  const bool is_known =
      smoothed.steps >= kStepsMin && smoothed.mean.signal > 0 && smoothed.mean.noise > 0;
  return is_known ? std::optional(smoothed.mean.noise / smoothed.mean.signal) : std::nullopt;
}

}  // namespace descent
