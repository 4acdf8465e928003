#pragma once

#include <cstdint>
#include <span>

namespace descent {

struct SamplingOptions {
  // Divides the logits: below 1 the likely tokens get likelier; 0: always the likeliest.
  double temperature = 1.0;
  std::int64_t top_k = 0;  // only the k likeliest tokens can be drawn; 0: all
  std::uint64_t seed = 0;
};

// The token that is drawn as number `index` of a text: softmax(logits / temperature) over the top_k
// largest logits, of which equal ones count in the order of their tokens. A function of the
// arguments alone. The logits are finite and at least one.
std::int64_t SampleToken(std::span<const float> logits, const SamplingOptions& options,
                         std::int64_t index);

}  // namespace descent
