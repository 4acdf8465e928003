#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/file_digest.h"
#include "common/early_stopping.h"
#include "common/gradient_noise.h"
#include "common/hash.h"
#include "common/result.h"

namespace descent {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kModelName = "model.safetensors";
inline constexpr std::string_view kOptimizerName = "optimizer.safetensors";
inline constexpr std::string_view kModelDescriptionName = "model.json";

// Where in its job a checkpoint stands, and what made it.
struct CheckpointDescription {
  std::string job;
  std::int64_t step = 0;   // steps done
  std::int64_t epoch = 0;  // of the next step
  std::int64_t generation = 0;
  std::uint64_t seed = 0;
  std::int64_t global_batch = 0;
  std::int64_t logical_workers = 0;
  std::int64_t optimizer_steps = 0;                  // updates done, for the bias correction
  std::string optimizer = "adamw";                   // what the state consists of, in words
  std::string precision = "f32";                     // in which the bits continue only
  std::string instruction_set;                       // "avx512": the bits continue only on the same
  std::string version;                               // of the program
  std::optional<EarlyStoppingState> early_stopping;  // of a job that has it
  std::int64_t nonfinite_steps_in_a_row = 0;         // how near the job is to failing of them
  SmoothedNoise noise;                               // of the gradients of its steps so far

  bool operator==(const CheckpointDescription&) const = default;
};

// manifest.json (docs/checkpoint_format.md): written last, so a checkpoint that has one is whole.
struct Manifest {
  CheckpointDescription description;
  Digest state_digest;
  std::vector<FileDigest> files;  // kModelName, kOptimizerName, kModelDescriptionName

  bool operator==(const Manifest&) const = default;
};

// JSON with a digest over itself. Equal manifests give equal bytes.
std::string EncodeManifest(const Manifest& manifest);

//   kDataLoss            a byte differs from what EncodeManifest wrote
//   kFailedPrecondition  it is whole, and of a format that this program does not know
Result<Manifest> DecodeManifest(std::string_view text);

}  // namespace descent
