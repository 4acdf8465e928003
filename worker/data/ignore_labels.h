#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"
#include "worker/data/derived_dataset.h"

namespace descent {

// Another dataset in which labels of one value count for nothing: they become kIgnoredLabel.
// Immutable.
class IgnoringDataset final : public DerivedDataset {
 public:
  IgnoringDataset(std::unique_ptr<const Dataset> base, std::int32_t ignore_index)
      : DerivedDataset(std::move(base)), ignore_index_(ignore_index) {}

  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  Digest Fingerprint() const override;

 private:
  const std::int32_t ignore_index_;
};

// Does what a valid spec says of labels that are to be ignored. The words of tables, whose loader
// tells the ignored one from the classes, are left as they are. kInvalidArgument: a line for each
// split of which no label counts; what a model is asked about may be such a one.
Status IgnoreLabels(const JobSpec& spec, Datasets& datasets);

}  // namespace descent
