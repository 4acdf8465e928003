#include "tests/fault/saved_state.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "checkpoint/checkpoint_directory.h"
#include "tests/unit/checkpoint/tiny_checkpoint.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/state_digest.h"

namespace descent {
namespace {

// Files of many sectors.
constexpr std::size_t kSmallSize = 2'000;

std::vector<float> SavedValuesFrom(float first, std::size_t count) {
  std::vector<float> values(count);
  std::iota(values.begin(), values.end(), first);
  return values;
}

std::vector<std::int64_t> ShapeOf(const std::vector<float>& values) {
  return {static_cast<std::int64_t>(values.size())};
}

SavedState SmallStateAt(std::int64_t step) {
  return SavedState(kSmallSize, static_cast<float>(step));
}

}  // namespace

SavedState::SavedState(std::size_t size, float first)
    : weight_(SavedValuesFrom(first, size)),
      mean_(SavedValuesFrom(first + 0.25f, size)),
      variance_(SavedValuesFrom(first + 0.5f, size)),
      parameters_{{.name = "weight", .shape = ShapeOf(weight_), .values = weight_}},
      optimizer_{
          {.name = "adamw.mean.weight", .shape = ShapeOf(mean_), .values = mean_},
          {.name = "adamw.variance.weight", .shape = ShapeOf(variance_), .values = variance_}} {}

CheckpointContents SavedState::ContentsAt(std::int64_t step, std::int64_t generation) const {
  return {.description = {.job = "saved-1",
                          .step = step,
                          .generation = generation,
                          .seed = 1,
                          .global_batch = 64,
                          .logical_workers = 4,
                          .optimizer_steps = step,
                          .instruction_set = "avx2",
                          .version = "0.1.0"},
          .model = TinyDescription(),
          .state_digest = StateDigest(parameters_, optimizer_),
          .parameters = parameters_,
          .optimizer = optimizer_};
}

Status SavedState::LoadFrom(const std::filesystem::path& checkpoint) {
  const std::array parameters = {
      TensorTarget{.name = "weight", .shape = ShapeOf(weight_), .values = weight_}};
  const std::array optimizer = {
      TensorTarget{.name = "adamw.mean.weight", .shape = ShapeOf(mean_), .values = mean_},
      TensorTarget{
          .name = "adamw.variance.weight", .shape = ShapeOf(variance_), .values = variance_}};
  return LoadCheckpoint(checkpoint, parameters, optimizer).status();
}

Status PublishSmall(const std::filesystem::path& root, std::int64_t step, std::int64_t generation,
                    std::span<const std::int64_t> kept_steps) {
  const SavedState state = SmallStateAt(step);
  return PublishCheckpoint(root, state.ContentsAt(step, generation), kept_steps).status();
}

void ExpectLoads(const std::filesystem::path& root, std::int64_t step) {
  const std::filesystem::path checkpoint = root / PublishedName(step);
  SavedState loaded(kSmallSize, 0);
  const Status status = loaded.LoadFrom(checkpoint);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(loaded == SmallStateAt(step)) << checkpoint;
  const Status described = ReadModelDescription(checkpoint).status();
  EXPECT_TRUE(described.ok()) << described;
}

void ExpectAllLoad(const std::filesystem::path& root) {
  const Result<std::vector<CheckpointEntry>> found = FindCheckpoints(root);
  ASSERT_TRUE(found.ok()) << found.status();
  for (const CheckpointEntry& entry : found.value()) ExpectLoads(root, entry.step);
}

}  // namespace descent
