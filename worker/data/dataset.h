#pragma once

#include <cstdint>
#include <span>

#include "common/hash.h"

namespace descent {

// Labelled samples with random access. Immutable, so any thread may call.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t sample_count() const = 0;   // >= 1
  virtual std::int64_t feature_count() const = 0;  // F: values of one sample
  virtual std::int64_t class_count() const = 0;    // labels are in [0, class_count)

  // Copies the named samples, each in [0, sample_count), in the order named.
  //   samples [B]  ->  features [B, F], normalised   labels [B]
  virtual void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                           std::span<std::int32_t> labels) const = 0;

  // Of the samples as stored, before normalisation: equal data, equal fingerprint.
  virtual Digest Fingerprint() const = 0;
};

}  // namespace descent
