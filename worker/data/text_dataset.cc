#include "worker/data/text_dataset.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cmath>
#include <utility>

#include "common/check.h"

namespace descent {

IndexRange TokensOf(const FractionRange& fraction, std::int64_t count) {
  const auto tokens = static_cast<double>(count);
  return {.first = std::llround(fraction.first * tokens),
          .last = std::llround(fraction.last * tokens)};
}

Result<std::unique_ptr<TextDataset>> TextDataset::Create(Options options) {
  DESCENT_CHECK(options.context_length >= 1);
  DESCENT_CHECK(options.stride >= 1);
  DESCENT_CHECK(options.vocabulary_size >= 1);
  DESCENT_DCHECK(options.tokens.FindTokensBeyond(options.vocabulary_size).empty());
  if (options.tokens.size() <= options.context_length)
    return Status(Code::kInvalidArgument,
                  fmt::format("{} tokens, must be at least {}: the context length and one more",
                              options.tokens.size(), options.context_length + 1));
  return std::unique_ptr<TextDataset>(new TextDataset(std::move(options)));  // NOLINT
}

TextDataset::TextDataset(Options options) : options_(std::move(options)) {}

std::int64_t TextDataset::sample_count() const {
  const std::int64_t last_start = options_.tokens.size() - options_.context_length - 1;
  return last_start / options_.stride + 1;
}

SampleFormat TextDataset::format() const {
  return {.feature_count = 0,
          .token_count = options_.context_length,
          .label_count = options_.context_length,
          .class_count = options_.vocabulary_size};
}

void TextDataset::CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                              std::span<std::int32_t> tokens,
                              std::span<std::int32_t> labels) const {
  const auto length = static_cast<std::size_t>(options_.context_length);
  DESCENT_CHECK(features.empty());
  DESCENT_CHECK(tokens.size() == samples.size() * length);
  DESCENT_CHECK(labels.size() == samples.size() * length);
  for (std::size_t row = 0; row < samples.size(); ++row) {
    DESCENT_CHECK(samples[row] >= 0);
    DESCENT_CHECK(samples[row] < sample_count());
    const std::int64_t start = samples[row] * options_.stride;
    options_.tokens.Copy(start, tokens.subspan(row * length, length));
    options_.tokens.Copy(start + 1, labels.subspan(row * length, length));
  }
}

std::vector<std::string> TextDataset::FilesOf(std::int64_t sample) const {
  const std::int64_t start = sample * options_.stride;
  return options_.tokens.FilesOf({.first = start, .last = start + options_.context_length + 1});
}

Digest TextDataset::Fingerprint() const {
  const std::array<std::int64_t, 4> facts = {options_.tokens.size(), options_.vocabulary_size,
                                             options_.context_length, options_.stride};
  ChunkedHasher hasher;
  hasher.Add(std::as_bytes(std::span(facts)));
  options_.tokens.AddTo(hasher);
  return hasher.Finish();
}

}  // namespace descent
