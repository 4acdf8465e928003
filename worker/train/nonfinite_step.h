#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace descent {

// A step whose loss or gradient is not finite, and where that comes from. Equal on every rank and
// for every number of ranks.
struct NonfiniteStep {
  double loss = 0;  // means over the step's samples
  double gradient_norm = 0;
  std::vector<std::int64_t> logical_workers;  // whose own part is not finite, ascending
  std::int64_t logical_worker_count = 0;      // those with samples in this step
  // Samples of the training set whose own loss is not finite; if there are none, all those of the
  // logical workers above, whose gradient is not.
  std::int64_t sample_count = 0;
  std::vector<std::int64_t> first_samples;  // at most NonfiniteSamples::kNamedMax
  std::vector<std::string> files;           // that these are read from, each once
};

// "the loss is nan and the norm of the gradient is nan, both must be finite: logical worker 2 of 4,
// sample 17 of data.train, from cats/17.png"
std::string Describe(const NonfiniteStep& step);

}  // namespace descent
