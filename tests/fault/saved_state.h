#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "worker/checkpoint/checkpoint_writer.h"

namespace descent {

// A training state of one parameter with `size` values, and twice as many of the optimizer's. Its
// values grow from `first`.
class SavedState {
 public:
  SavedState(std::size_t size, float first);
  SavedState(const SavedState&) = delete;
  SavedState& operator=(const SavedState&) = delete;

  CheckpointContents ContentsAt(std::int64_t step, std::int64_t generation) const;

  // Replaces the values by those of a checkpoint.
  Status LoadFrom(const std::filesystem::path& checkpoint);

  bool operator==(const SavedState& other) const {
    return weight_ == other.weight_ && mean_ == other.mean_ && variance_ == other.variance_;
  }

 private:
  std::vector<float> weight_, mean_, variance_;
  std::vector<TensorView> parameters_;
  std::vector<TensorView> optimizer_;
};

// Publishes the small state of a step, which differs from those of other steps.
Status PublishSmall(const std::filesystem::path& root, std::int64_t step, std::int64_t generation,
                    std::span<const std::int64_t> kept_steps);

// Fails the test unless ROOT/step-<step> is there and loads, to the small state of that step.
void ExpectLoads(const std::filesystem::path& root, std::int64_t step);

// The same for everything that is published in ROOT.
void ExpectAllLoad(const std::filesystem::path& root);

}  // namespace descent
