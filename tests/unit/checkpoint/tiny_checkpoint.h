#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "worker/checkpoint/checkpoint_writer.h"

namespace descent {

// A training state of one layer, which owns its values.
class TinyState {
 public:
  // Values grow from `first`.
  explicit TinyState(float first);
  TinyState(const TinyState&) = delete;
  TinyState& operator=(const TinyState&) = delete;

  CheckpointContents ContentsAt(std::int64_t step, std::int64_t generation = 1) const;
  Digest StateDigest() const;

  std::vector<TensorTarget> ParameterTargets();
  std::vector<TensorTarget> OptimizerTargets();

  std::vector<float> weight, bias;            // [2, 3], [2]
  std::vector<float> weight_mean, bias_mean;  // the same

 private:
  std::vector<TensorView> parameters_;
  std::vector<TensorView> optimizer_;
};

// Of a GPT over four characters; its parameters are not TinyState's.
ModelDescription TinyDescription();

// Writes ROOT/step-<step> and returns it; the test fails if that does.
std::filesystem::path WriteTinyCheckpoint(const std::filesystem::path& root, std::int64_t step);

// Replaces the bytes of a file, which WriteNewFile never does.
void OverwriteFile(const std::filesystem::path& path, const std::string& bytes);

}  // namespace descent
