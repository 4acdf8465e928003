#pragma once

#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/datasets.h"

namespace descent {

// Samples that are functions of (seed, number of the sample), computed when copied. With normal
// numbers n ~ N(0, 1) and C classes:
//   blobs    label c = i mod C   x = centre_c + noise n      each coordinate of a centre is normal
//   linear   x ~ N(0, 1)         target_k = w_k x + b_k + noise n          w_k and b_k are normal
//   spirals  label c = i mod C   x = r (cos a, sin a) + noise n, r uniform in [0, 1),
//            a = 2 pi (c / C + r): arms of one turn, which no line tells apart
// Immutable.
class SyntheticDataset final : public Dataset {
 public:
  struct Options {
    SyntheticSpec spec;             // sizes of 0 are their defaults
    std::int64_t first_sample = 0;  // the number of sample 0
    std::int64_t samples = 0;       // >= 1
  };

  explicit SyntheticDataset(const Options& options);

  std::int64_t sample_count() const override { return options_.samples; }
  SampleFormat format() const override;
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const override;
  Digest Fingerprint() const override;

 private:
  double Normal(std::uint64_t sample, std::size_t stream, std::size_t index) const;
  void Blob(std::uint64_t sample, std::span<float> x) const;
  void Spiral(std::uint64_t sample, std::span<float> x) const;
  double LinearInput(std::uint64_t sample, std::size_t feature) const;

  const Options options_;
  const PhiloxKey key_;
  const std::size_t feature_count_;
  const std::size_t class_count_;      // 0 of linear
  const std::size_t target_count_;     // 0 of the others
  const std::vector<double> weights_;  // centres [C, F], or w and b [K, F + 1]
};

// The loader of the format `synthetic` (load_datasets.h). The samples of the splits are numbered
// one after the other: training, validation, test.
Result<Datasets> LoadSynthetic(const JobSpec& spec);

}  // namespace descent
