#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/dataset.h"
#include "worker/data/datasets.h"

namespace descent {

// Another dataset in which labels of one value count for nothing: they become kIgnoredLabel.
// Immutable.
class IgnoringDataset final : public Dataset {
 public:
  IgnoringDataset(std::unique_ptr<const Dataset> base, std::int32_t ignore_index)
      : base_(std::move(base)), ignore_index_(ignore_index) {}

  std::int64_t sample_count() const override { return base_->sample_count(); }
  SampleFormat format() const override { return base_->format(); }
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override {
    base_->CopyTargets(samples, targets);
  }
  Digest Fingerprint() const override;

 private:
  const std::unique_ptr<const Dataset> base_;
  const std::int32_t ignore_index_;
};

// Does what a valid spec says of labels that are to be ignored. The words of tables, whose loader
// tells the ignored one from the classes, are left as they are. kInvalidArgument: a line for each
// split of which no label counts; what a model is asked about may be such a one.
Status IgnoreLabels(const JobSpec& spec, Datasets& datasets);

}  // namespace descent
