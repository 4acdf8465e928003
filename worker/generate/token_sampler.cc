#include "worker/generate/token_sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "common/check.h"
#include "common/random.h"

namespace descent {
namespace {

// [0, 1) with 53 random bits.
double UniformAt(std::uint64_t seed, std::int64_t index) {
  const auto counter = static_cast<std::uint64_t>(index);
  const auto words = Philox4x32(
      {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
      MakePhiloxKey(seed, RandomPurpose::kGenerate));
  return static_cast<double>((std::uint64_t{words[0]} << 32 | words[1]) >> 11) * 0x1p-53;
}

// The `count` tokens of the largest logits, the largest first.
std::vector<std::int64_t> LargestTokens(std::span<const float> logits, std::int64_t count) {
  std::vector<std::int64_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  const auto is_before = [&](std::int64_t a, std::int64_t b) {
    const float logit_a = logits[static_cast<std::size_t>(a)];
    const float logit_b = logits[static_cast<std::size_t>(b)];
    return logit_a != logit_b ? logit_a > logit_b : a < b;
  };
  std::partial_sort(tokens.begin(), tokens.begin() + count, tokens.end(), is_before);
  tokens.resize(static_cast<std::size_t>(count));
  return tokens;
}

}  // namespace

std::int64_t SampleToken(std::span<const float> logits, const SamplingOptions& options,
                         std::int64_t index) {
  DESCENT_CHECK(!logits.empty());
  DESCENT_CHECK(options.temperature >= 0);
  DESCENT_CHECK(options.top_k >= 0);
  DESCENT_CHECK(index >= 0);
  if (options.temperature == 0) return LargestTokens(logits, 1)[0];
  const std::int64_t vocabulary_size = std::ssize(logits);
  const std::int64_t count =
      options.top_k == 0 ? vocabulary_size : std::min(options.top_k, vocabulary_size);
  const std::vector<std::int64_t> tokens = LargestTokens(logits, count);

  // Relative to the largest, so that nothing overflows and the sum is at least 1.
  const double largest = logits[static_cast<std::size_t>(tokens[0])];
  std::vector<double> sums(tokens.size());
  double sum = 0;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const double logit = logits[static_cast<std::size_t>(tokens[i])];
    sum += std::exp((logit - largest) / options.temperature);
    sums[i] = sum;
  }
  const double drawn = UniformAt(options.seed, index) * sum;
  const auto found = std::upper_bound(sums.begin(), sums.end(), drawn);
  // Rounding may put what is drawn onto the sum itself.
  return found == sums.end() ? tokens.back()
                             : tokens[static_cast<std::size_t>(found - sums.begin())];
}

}  // namespace descent
