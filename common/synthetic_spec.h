#pragma once

#include <cstdint>

namespace descent {

enum class SyntheticKind {
  kBlobs,    // classes around centres
  kLinear,   // numbers that depend on the features linearly
  kSpirals,  // classes that wind around one another, in two dimensions
};

// Samples that are computed rather than read (worker/data/synthetic_dataset.h has the formulas):
// the part data.synthetic of a job file.
struct SyntheticSpec {
  SyntheticKind kind = SyntheticKind::kBlobs;
  std::int64_t features = 0;  // of blobs and linear; 0: 2
  std::int64_t classes = 0;   // of blobs and spirals; 0: 2
  std::int64_t targets = 0;   // of linear; 0: 1
  double noise = 0.1;         // the standard deviation
  std::uint64_t seed = 0;     // of the data, whatever the job's

  bool operator==(const SyntheticSpec&) const = default;
};

}  // namespace descent
