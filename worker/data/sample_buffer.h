#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "worker/data/dataset.h"

namespace descent {

// Room for up to `rows` samples of a dataset, allocated once. One thread at a time.
class SampleBuffer {
 public:
  SampleBuffer(const SampleFormat& format, std::int64_t rows);

  // Copies the named samples, at most as many as there is room for, into the spans below.
  void Fill(const Dataset& dataset, std::span<const std::int64_t> samples);

  // Of the samples copied last, B of them. Valid until the next Fill, and where the buffer moves.
  std::span<const float> features() const;       // [B, F]
  std::span<float> features();                   // the same, to be changed
  std::span<const std::int32_t> tokens() const;  // [B, T]
  std::span<const std::int32_t> labels() const;  // [B, L]
  std::span<const float> targets() const;        // [B, K]

 private:
  SampleFormat format_;
  std::size_t rows_max_ = 0;
  std::size_t rows_ = 0;  // copied last
  std::vector<float> features_;
  std::vector<std::int32_t> tokens_;
  std::vector<std::int32_t> labels_;
  std::vector<float> targets_;
};

}  // namespace descent
