#include "common/gpt_spec.h"

#include <spdlog/fmt/fmt.h>

#include "common/limits.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

constexpr std::int64_t kLayersMax = 1024;
constexpr std::int64_t kWidthMax = std::int64_t{1} << 16;
constexpr std::int64_t kFeedForwardSizeMax = std::int64_t{1} << 20;

struct Preset {
  std::string_view name;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t embedding_size;
};

// Source: Radford et al. 2019, table 2, with the heads of the published weights.
constexpr std::array<Preset, 4> kPresets = {{{"gpt2-small", 12, 12, 768},
                                             {"gpt2-medium", 24, 16, 1024},
                                             {"gpt2-large", 36, 20, 1280},
                                             {"gpt2-xl", 48, 25, 1600}}};
constexpr std::int64_t kPresetContextLength = 1024;

const Preset* FindPreset(std::string_view name) {
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

void SetIfAbsent(std::int64_t& size, std::int64_t value) {
  if (size == 0) size = value;
}

void CheckHeads(const GptSpec& gpt, SpecChecker& checker) {
  if (gpt.heads < 1 || gpt.embedding_size < 1) return;
  checker.Require(gpt.embedding_size % gpt.heads == 0, "model.gpt.embedding_size",
                  fmt::to_string(gpt.embedding_size),
                  fmt::format("a multiple of model.gpt.heads {}", gpt.heads));
  if (gpt.positions != GptPositions::kRotary || gpt.embedding_size % gpt.heads != 0) return;
  const std::int64_t width = gpt.embedding_size / gpt.heads;
  checker.Require(width % 2 == 0, "model.gpt.embedding_size",
                  fmt::format("{}, or {} for each head", gpt.embedding_size, width),
                  "even for each head, as rotary positions turn pairs");
}

}  // namespace

std::int64_t FeedForwardSizeOf(const GptSpec& gpt) {
  if (gpt.feed_forward_size != 0) return gpt.feed_forward_size;
  if (gpt.activation != GptActivation::kSwiglu) return 4 * gpt.embedding_size;
  const std::int64_t size = (8 * gpt.embedding_size + 2) / 3;
  return (size + 63) / 64 * 64;
}

GptSpec WithPreset(GptSpec gpt) {
  const Preset* const preset = FindPreset(gpt.preset);
  if (preset == nullptr) return gpt;
  SetIfAbsent(gpt.layers, preset->layers);
  SetIfAbsent(gpt.heads, preset->heads);
  SetIfAbsent(gpt.embedding_size, preset->embedding_size);
  SetIfAbsent(gpt.context_length, kPresetContextLength);
  return gpt;
}

void CheckGpt(const GptSpec& gpt, SpecChecker& checker) {
  checker.Require(gpt.preset.empty() || FindPreset(gpt.preset) != nullptr, "model.gpt.preset",
                  Quoted(gpt.preset), "gpt2-small, gpt2-medium, gpt2-large or gpt2-xl");
  checker.RequireInRange("model.gpt.layers", gpt.layers, 1, kLayersMax);
  checker.RequireInRange("model.gpt.heads", gpt.heads, 1, kWidthMax);
  checker.RequireInRange("model.gpt.embedding_size", gpt.embedding_size, 1, kWidthMax);
  checker.RequireInRange("model.gpt.context_length", gpt.context_length, 1,
                         limits::kContextLengthMax);
  checker.RequireInRange("model.gpt.feed_forward_size", gpt.feed_forward_size, 0,
                         kFeedForwardSizeMax);
  checker.RequireNumber(gpt.dropout >= 0 && gpt.dropout < 1, "model.gpt.dropout", gpt.dropout,
                        "at least 0 and below 1");
  CheckHeads(gpt, checker);
}

}  // namespace descent
