#include "worker/data/sample_buffer.h"

#include "common/check.h"

namespace descent {
namespace {

std::size_t Count(std::size_t rows, std::int64_t values) {
  return rows * static_cast<std::size_t>(values);
}

}  // namespace

SampleBuffer::SampleBuffer(const SampleFormat& format, std::int64_t rows)
    : format_(format),
      rows_max_(static_cast<std::size_t>(rows)),
      features_(Count(static_cast<std::size_t>(rows), format.feature_count)),
      tokens_(Count(static_cast<std::size_t>(rows), format.token_count)),
      labels_(Count(static_cast<std::size_t>(rows), format.label_count)),
      targets_(Count(static_cast<std::size_t>(rows), format.target_count)) {
  DESCENT_CHECK(format.label_count == 0 || format.target_count == 0);
}

void SampleBuffer::Fill(const Dataset& dataset, std::span<const std::int64_t> samples) {
  DESCENT_CHECK(samples.size() <= rows_max_);
  rows_ = samples.size();
  dataset.CopySamples(samples, features(), std::span(tokens_).first(tokens().size()),
                      std::span(labels_).first(labels().size()));
  dataset.CopyTargets(samples, std::span(targets_).first(targets().size()));
}

std::span<const float> SampleBuffer::features() const {
  return std::span(features_).first(Count(rows_, format_.feature_count));
}

std::span<float> SampleBuffer::features() {
  return std::span(features_).first(Count(rows_, format_.feature_count));
}

std::span<const std::int32_t> SampleBuffer::tokens() const {
  return std::span(tokens_).first(Count(rows_, format_.token_count));
}

std::span<const std::int32_t> SampleBuffer::labels() const {
  return std::span(labels_).first(Count(rows_, format_.label_count));
}

std::span<const float> SampleBuffer::targets() const {
  return std::span(targets_).first(Count(rows_, format_.target_count));
}

}  // namespace descent
