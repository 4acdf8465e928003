#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/generate/token_sampler.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/plan_cache.h"

namespace descent {

// A checkpoint's model of text, ready to continue one. One thread.
class TextGenerator {
 public:
  // Loads `checkpoint` (.../step-<n>); `pool` outlives the generator. Blocks.
  //   kNotFound, kDataLoss  there is no such checkpoint, or it is not whole
  //   kFailedPrecondition   its model is not one of text
  static Result<TextGenerator> Create(const std::filesystem::path& checkpoint, ThreadPool& pool);

  // The tokens of a prompt. kInvalidArgument: it is empty, or has characters that the training text
  // lacked.
  Result<std::vector<std::uint32_t>> Encode(std::string_view prompt) const;

  struct Request {
    std::vector<std::uint32_t> prompt;  // of Encode
    std::int64_t tokens = 0;            // to add to it
    SamplingOptions sampling;
    std::function<void(std::string_view bytes)> take;  // of each token as it is drawn
  };

  // Continues the prompt token by token. Each is drawn from what the model says of the last
  // `context_length` tokens before it, so the same request gives the same text.
  // kFailedPrecondition: the logits are not finite.
  Status Continue(Request request);

 private:
  TextGenerator(ModelDescription description, PlanCache plans);

  // Of the token that follows `tokens`, at most context_length of them: [classes].
  Result<std::span<const float>> NextLogits(std::span<const std::uint32_t> tokens);

  const ModelDescription description_;
  PlanCache plans_;
  AlignedBuffer parameters_;
  std::vector<std::int32_t> input_;  // [T]
  std::vector<float> logits_;        // [T, classes]
};

}  // namespace descent
