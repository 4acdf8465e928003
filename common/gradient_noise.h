#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace descent {

// The gradient of a sample is the true gradient G and noise of covariance Sigma. One step gives
// estimates of their sizes, which are unbiased where its samples are drawn independently: the
// shares of a global batch are gradients of smaller batches, and the smaller a batch is, the more
// of its squared norm is noise. Source: McCandlish et al. 2018, "An Empirical Model of Large-Batch
// Training", appendix A.1, for shares that need not be equal.
struct GradientNoise {
  double signal = 0;  // of |G|^2; one step's may be negative
  double noise = 0;   // of tr(Sigma)

  bool operator==(const GradientNoise&) const = default;
};

// The gradient of one logical worker's samples in one step, summed and not averaged.
struct GradientShare {
  double samples = 0;     // > 0: those that count, of texts by the share of their labels that does
  double square_sum = 0;  // |sum over its samples|^2
};

// With b_v samples in each of V shares, B in all, A = mean over v of |g_v|^2 of the shares' mean
// gradients and |g|^2 of the batch's, and h the mean of 1/b_v:
//   A = |G|^2 + h tr(Sigma)      |g|^2 = |G|^2 + tr(Sigma) / B      in expectation
// Empty for fewer than two shares. Equal arguments give equal bits.
std::optional<GradientNoise> EstimateNoise(std::span<const GradientShare> shares,
                                           double batch_square_sum);

// Running means over about a hundred steps: a ratio of means is steady where a mean of ratios is
// not.
struct SmoothedNoise {
  GradientNoise mean;  // both weighted alike, so their ratio needs no correction
  std::int64_t steps = 0;

  bool operator==(const SmoothedNoise&) const = default;
};

SmoothedNoise AfterStep(const SmoothedNoise& smoothed, const GradientNoise& step);

// B_simple = tr(Sigma) / |G|^2: the batch size, in samples, at which noise and signal are equal.
// Far smaller batches learn as much from each sample, far larger ones waste them. Empty after too
// few steps, or while the signal is lost in the noise.
std::optional<double> NoiseScale(const SmoothedNoise& smoothed);

}  // namespace descent
