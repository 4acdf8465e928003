#include "worker/data/sampled_dataset.h"

namespace descent {

SampledDataset::SampledDataset(const Dataset& whole, std::uint64_t seed, std::int64_t count)
    : RenumberedDataset(whole), order_(seed, /*epoch=*/0, whole.sample_count()), count_(count) {
  DESCENT_CHECK(1 <= count && count <= whole.sample_count());
}

}  // namespace descent
