#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace descent {

class SpecChecker;

// Of each, the first is the default; the names are those of the job file, in the same order.
enum class GptPositions { kLearned, kRotary };
enum class GptActivation { kGelu, kGeluTanh, kSwiglu };
enum class GptNorm { kLayerNorm, kRmsNorm };
enum class GptHead { kTied, kUntied };
enum class GptBiases { kAll, kNone };
inline constexpr std::array<std::string_view, 2> kGptPositionsNames = {"learned", "rotary"};
inline constexpr std::array<std::string_view, 3> kGptActivationNames = {"gelu", "gelu_tanh",
                                                                        "swiglu"};
inline constexpr std::array<std::string_view, 2> kGptNormNames = {"layer_norm", "rms_norm"};
inline constexpr std::array<std::string_view, 2> kGptHeadNames = {"tied", "untied"};
inline constexpr std::array<std::string_view, 2> kGptBiasesNames = {"all", "none"};

// A decoder-only transformer: GPT-2's, unless told otherwise. The vocabulary comes from the data.
struct GptSpec {
  std::string preset;  // "gpt2-small": the sizes that are not given; empty: none
  std::int64_t layers = 0;
  std::int64_t heads = 0;              // divides embedding_size
  std::int64_t embedding_size = 0;     // C: width of the residual stream
  std::int64_t context_length = 0;     // T: tokens of a sample, and learned positions
  std::int64_t feed_forward_size = 0;  // hidden width of the MLP in a layer; 0: by default
  double dropout = 0.0;                // probability of zero, in [0, 1)
  GptPositions positions = GptPositions::kLearned;
  GptActivation activation = GptActivation::kGelu;
  GptNorm norm = GptNorm::kLayerNorm;
  GptHead head = GptHead::kTied;       // whether the logits are read off by the token embedding
  GptBiases biases = GptBiases::kAll;  // of the linear layers

  bool operator==(const GptSpec&) const = default;
};

// 4 C; of swiglu, which has three matrices where the others have two, 8 C / 3 rounded up to a
// multiple of 64. Or what the spec says.
std::int64_t FeedForwardSizeOf(const GptSpec& gpt);

// Fills in the sizes that are 0 from the preset, if it is one. Idempotent.
GptSpec WithPreset(GptSpec gpt);

// The part of ValidateJobSpec that is about model.gpt.
void CheckGpt(const GptSpec& gpt, SpecChecker& checker);

}  // namespace descent
