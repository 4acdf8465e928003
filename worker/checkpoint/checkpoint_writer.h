#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "checkpoint/manifest.h"
#include "common/hash.h"
#include "common/result.h"
#include "worker/checkpoint/model_description.h"
#include "worker/checkpoint/tensor.h"

namespace descent {

// A training state to write. The tensors' names are distinct within each list; their order enters
// the state digest (see StateDigest).
struct CheckpointContents {
  CheckpointDescription description;
  ModelDescription model;
  Digest state_digest;                     // StateDigest of the two lists
  std::span<const TensorView> parameters;  // by their PyTorch names
  std::span<const TensorView> optimizer;   // the optimizer's: "adamw.mean.NAME"
};

struct PublishedCheckpoint {
  std::filesystem::path directory;  // ROOT/step-<n>
  Digest state_digest;
  std::int64_t bytes = 0;    // of the files that hold this state
  bool was_adopted = false;  // it was already there, with the same state
};

// Writes ROOT/step-<n>, which is either not there at all or complete and on disk, whenever the
// power fails. It gets this name once it has been read back and every byte was right. Before, to
// make room, the checkpoints go that the coordinator has let go: RemoveOldCheckpoints with
// `kept_steps`. Holds a block of a file in memory, whatever the state's size. Blocks; one caller at
// a time.
//   kResourceExhausted  the disk is full
//   kDataLoss           step-<n> is there, intact, with another state: one step has two results.
//                       Or the disk did not keep what was written, or the tensors are not those
//                       of `state_digest`
//   kUnavailable        any other I/O error
// A damaged step-<n> is replaced.
Result<PublishedCheckpoint> PublishCheckpoint(const std::filesystem::path& root,
                                              const CheckpointContents& contents,
                                              std::span<const std::int64_t> kept_steps);

}  // namespace descent
