#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/hash.h"
#include "common/result.h"
#include "coordinator/open_beneath.h"

namespace descent {

// Workers write checkpoints, and need not write what they should. So links are not followed,
// neither in a checkpoint's directory nor in its last two names, the job's and the checkpoint's:
// what is above them the operator has chosen.

// The files of a checkpoint, by name, sorted. Empty if its directory is gone. Blocks.
Result<std::vector<std::string>> ListCheckpointFiles(const std::filesystem::path& directory);

// Reads every file that a checkpoint's manifest lists and compares it; `state_digest` is what the
// record says that it holds. Answers the number of bytes. Blocks for as long as that takes.
//   kDataLoss   something is missing or damaged, or is of another state: the message names the file
//   kFailedPrecondition  the manifest has a format that this program does not know
//   kCancelled  `is_cancelled` said so, between two chunks
Result<std::int64_t> VerifyCheckpointFiles(const std::filesystem::path& directory,
                                           const Digest& state_digest,
                                           const std::function<bool()>& is_cancelled);

// RemoveCheckpoint of checkpoint_directory.h for `job_directory`, which has all of a job's. Blocks.
Result<bool> RemoveCheckpointFiles(const std::filesystem::path& job_directory, std::int64_t step,
                                   std::int64_t generation);

// One file of a checkpoint, open for reading; it stays readable when retention removes it. One
// thread at a time; blocks.
class CheckpointFile {
 public:
  // `file` is one of ListCheckpointFiles, or kNotFound: a name can never leave the directory.
  static Result<CheckpointFile> Open(const std::filesystem::path& directory,
                                     const std::string& file);
  std::int64_t size() const { return size_; }

  // At most limits::kChunkBytes from `offset` on, which is in [0, size()]; empty at the end.
  Result<std::string> ReadChunk(std::int64_t offset) const;

 private:
  CheckpointFile(Descriptor descriptor, std::int64_t size)
      : descriptor_(std::move(descriptor)), size_(size) {}

  Descriptor descriptor_;
  std::int64_t size_;
};

}  // namespace descent
