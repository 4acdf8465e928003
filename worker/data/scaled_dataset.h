#pragma once

#include <memory>
#include <vector>

#include "common/data_spec.h"
#include "common/result.h"
#include "worker/data/derived_dataset.h"

namespace descent {

// What is done to the features of every split: a value that is missing (NaN) becomes `fill`, and
// then x = (value - mean) / std, in double, rounded once to f32. [feature_count] each.
struct FeatureScaling {
  std::vector<double> fill;  // NaN: stays missing
  std::vector<double> mean;
  std::vector<double> std;
};

// Another dataset with its features scaled. Immutable.
class ScaledDataset final : public DerivedDataset {
 public:
  ScaledDataset(std::unique_ptr<const Dataset> base, FeatureScaling scaling);

  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;

 private:
  const FeatureScaling scaling_;
};

// Mean and standard deviation (divided by the count) of what is present, in double, summed in the
// order of the samples: one for each channel of images, else one for each feature. A deviation of 0
// becomes 1. Reads all samples twice. kInvalidArgument: a feature that is missing in all samples,
// or a value that is not finite.
Result<NormalizeSpec> MeasureFeatures(const Dataset& dataset);

}  // namespace descent
