#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/hash.h"
#include "common/sample_format.h"

namespace descent {

// Labelled samples with random access. Immutable, so any thread may call.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual std::int64_t sample_count() const = 0;  // >= 1
  virtual SampleFormat format() const = 0;        // F, T, L and K below are its counts

  // Copies the named samples, each in [0, sample_count), in the order named.
  //   samples [B]  ->  features [B, F], normalised   tokens [B, T]   labels [B, L]
  // F or T is 0: that span is empty.
  virtual void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                           std::span<std::int32_t> tokens,
                           std::span<std::int32_t> labels) const = 0;

  // The same of the numbers to predict: targets [B, K]. A dataset of labels has none.
  virtual void CopyTargets(std::span<const std::int64_t> samples, std::span<float> targets) const {
    (void)samples;
    DESCENT_CHECK(targets.empty());
  }

  // The files that a sample, in [0, sample_count), is read from, in the order of its parts; none
  // where samples are computed.
  virtual std::vector<std::string> FilesOf(std::int64_t sample) const {
    (void)sample;
    return {};
  }

  // Of the samples as stored, before normalisation, and of their format: equal data, equal
  // fingerprint.
  virtual Digest Fingerprint() const = 0;
};

}  // namespace descent
