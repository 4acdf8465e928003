#include "tests/unit/checkpoint/tiny_checkpoint.h"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>

#include "worker/checkpoint/state_digest.h"

namespace descent {
namespace {

std::vector<float> ValuesFrom(float first, std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

}  // namespace

TinyState::TinyState(float first)
    : weight(ValuesFrom(first, 6)),
      bias(ValuesFrom(first + 6, 2)),
      weight_mean(ValuesFrom(first + 8, 6)),
      bias_mean(ValuesFrom(first + 14, 2)),
      parameters_{{.name = "layers.0.weight", .shape = {2, 3}, .values = weight},
                  {.name = "layers.0.bias", .shape = {2}, .values = bias}},
      optimizer_{{.name = "adamw.mean.layers.0.weight", .shape = {2, 3}, .values = weight_mean},
                 {.name = "adamw.mean.layers.0.bias", .shape = {2}, .values = bias_mean}} {}

CheckpointContents TinyState::ContentsAt(std::int64_t step, std::int64_t generation) const {
  return {.description = {.job = "tiny-1",
                          .step = step,
                          .epoch = 2,
                          .generation = generation,
                          .seed = 0xffffffffffffffff,
                          .global_batch = 256,
                          .logical_workers = 4,
                          .optimizer_steps = step,
                          .instruction_set = "avx2",
                          .version = "0.1.0"},
          .model = TinyDescription(),
          .state_digest = StateDigest(),
          .parameters = parameters_,
          .optimizer = optimizer_};
}

ModelDescription TinyDescription() {
  GptSpec gpt{.layers = 2, .heads = 2, .embedding_size = 6, .context_length = 8, .dropout = 0.1};
  return {.model = {.architecture = gpt},
          .format = {.feature_count = 0, .token_count = 8, .label_count = 8, .class_count = 4},
          .vocabulary = Vocabulary::CharactersOf({"\"\nbü"}).value()};
}

Digest TinyState::StateDigest() const { return descent::StateDigest(parameters_, optimizer_); }

std::vector<TensorTarget> TinyState::ParameterTargets() {
  return {{.name = "layers.0.bias", .shape = {2}, .values = bias},
          {.name = "layers.0.weight", .shape = {2, 3}, .values = weight}};
}

std::vector<TensorTarget> TinyState::OptimizerTargets() {
  return {{.name = "adamw.mean.layers.0.weight", .shape = {2, 3}, .values = weight_mean},
          {.name = "adamw.mean.layers.0.bias", .shape = {2}, .values = bias_mean}};
}

std::filesystem::path WriteTinyCheckpoint(const std::filesystem::path& root, std::int64_t step) {
  const TinyState state(static_cast<float>(step));
  const Result<PublishedCheckpoint> published = PublishCheckpoint(root, state.ContentsAt(step), {});
  EXPECT_TRUE(published.ok()) << published.status();
  return published.value().directory;
}

void OverwriteFile(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  ASSERT_TRUE(file.good());
}

}  // namespace descent
