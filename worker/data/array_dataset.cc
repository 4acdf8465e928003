#include "worker/data/array_dataset.h"

#include <array>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

SampleFormat FormatOf(const ArrayDataset::Options& options) {
  return {.feature_count = options.features.row_size(),
          .label_count = options.labels ? 1 : 0,
          .class_count = options.class_count,
          .target_count = options.targets ? options.targets->row_size() : 0,
          .image = options.image};
}

void AddArray(const Array& array, ChunkedHasher& hasher) {
  const std::array<std::int64_t, 2> facts = {static_cast<std::int64_t>(array.type()),
                                             static_cast<std::int64_t>(array.shape().size())};
  hasher.Add(std::as_bytes(std::span(facts)));
  hasher.Add(std::as_bytes(std::span(array.shape())));
  hasher.Add(array.bytes());
}

}  // namespace

ArrayDataset::ArrayDataset(Options options)
    : options_(std::move(options)), format_(FormatOf(options_)) {
  DESCENT_CHECK(options_.features.rows() >= 1);
  DESCENT_CHECK(options_.features.row_size() >= 1);
  DESCENT_CHECK(!options_.labels || !options_.targets);
  for (const auto* answers : {&options_.labels, &options_.targets})
    DESCENT_CHECK(!*answers || (*answers)->rows() == options_.features.rows());
  DESCENT_CHECK(!options_.labels || options_.labels->row_size() == 1);
  DESCENT_CHECK(options_.labels.has_value() == (options_.class_count >= 1));
}

void ArrayDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                               std::span<std::int32_t> tokens,
                               std::span<std::int32_t> labels) const {
  const auto feature_count = static_cast<std::size_t>(format_.feature_count);
  DESCENT_CHECK(features.size() == samples.size() * feature_count);
  DESCENT_CHECK(tokens.empty());
  DESCENT_CHECK(labels.size() == (options_.labels ? samples.size() : 0));
  for (std::size_t row = 0; row < samples.size(); ++row) {
    options_.features.CopyRow(samples[row], features.subspan(row * feature_count, feature_count));
    if (!options_.labels) continue;
    std::int64_t label = 0;
    options_.labels->CopyRow(samples[row], std::span(&label, 1));
    labels[row] = static_cast<std::int32_t>(label);
  }
}

void ArrayDataset::CopyTargets(std::span<const std::int64_t> samples,
                               std::span<float> targets) const {
  const auto target_count = static_cast<std::size_t>(format_.target_count);
  DESCENT_CHECK(targets.size() == samples.size() * target_count);
  if (!options_.targets) return;
  for (std::size_t row = 0; row < samples.size(); ++row)
    options_.targets->CopyRow(samples[row], targets.subspan(row * target_count, target_count));
}

Digest ArrayDataset::Fingerprint() const {
  const std::int64_t class_count = options_.class_count;
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(&class_count, 1)));
  AddArray(options_.features, hasher);
  if (options_.labels) AddArray(*options_.labels, hasher);
  if (options_.targets) AddArray(*options_.targets, hasher);
  return hasher.Finish();
}

}  // namespace descent
