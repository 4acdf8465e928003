#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/data/dataset.h"
#include "worker/data/token_sequence.h"

namespace descent {

// The part of `count` tokens that a fraction names.
IndexRange TokensOf(const FractionRange& fraction, std::int64_t count);

// A text as samples of T tokens. Sample i begins at token s = i * stride:
// its tokens are [s, s + T), its labels [s + 1, s + T + 1), each the token that follows.
class TextDataset final : public Dataset {
 public:
  struct Options {
    TokenSequence tokens;
    std::int64_t vocabulary_size = 0;  // tokens are below it
    std::int64_t context_length = 0;   // T >= 1
    std::int64_t stride = 0;           // >= 1
  };

  // kInvalidArgument: fewer than T + 1 tokens.
  static Result<std::unique_ptr<TextDataset>> Create(Options options);

  std::int64_t sample_count() const override;
  SampleFormat format() const override;
  void CopySamples(std::span<const std::int64_t> samples, std::span<float> features,
                   std::span<std::int32_t> tokens, std::span<std::int32_t> labels) const override;
  std::vector<std::string> FilesOf(std::int64_t sample) const override;
  Digest Fingerprint() const override;

 private:
  explicit TextDataset(Options options);

  const Options options_;
};

}  // namespace descent
