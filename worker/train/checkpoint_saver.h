#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <span>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "common/worker_protocol.h"
#include "worker/checkpoint/checkpoint_writer.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/state_copy.h"

namespace descent {

// Writes checkpoints on a thread of its own, one at a time, while training goes on: who saves pays
// for a copy of the state, into memory that is taken up when the object is made. Its thread has a
// low priority, because the cores belong to training, and talks to nobody: what became of a write
// is told by Finish. All functions on the training thread. The destructor waits for the write.
class CheckpointSaver {
 public:
  // PublishCheckpoint, or what stands for it.
  using Publish = std::function<Result<PublishedCheckpoint>(
      const std::filesystem::path& root, const CheckpointContents& contents,
      std::span<const std::int64_t> kept_steps)>;

  struct Options {
    std::filesystem::path root;  // of the job's checkpoints
    ModelDescription model;
    std::vector<TensorView> parameters;  // of a state as it will be saved; values do not matter
    std::vector<TensorView> optimizer;
    ThreadPool& pool;  // copies; outlives the object
    Publish publish = PublishCheckpoint;
  };

  explicit CheckpointSaver(Options options);

  // A state to save, of the tensors named in Options.
  struct State {
    CheckpointDescription description;
    Digest digest;  // StateDigest of the tensors
    std::span<const TensorView> parameters;
    std::span<const TensorView> optimizer;
    MonotonicTime begin = MonotonicNow();  // since when training waits for the save
  };

  // Copies the state and begins to write it; it may change when this returns. No write is in
  // flight. `kept_steps` are those of PublishCheckpoint.
  void Start(const State& state, std::vector<std::int64_t> kept_steps);

  bool is_in_flight() const { return write_.valid(); }  // started, and not finished
  bool has_ended() const;                               // in flight, and Finish would not wait

  // Waits for the write that is in flight, and tells how long it took and how long training waited:
  // until Start had returned, and here. Fails as PublishCheckpoint does.
  Result<CheckpointWritten> Finish();

  std::int64_t memory_bytes() const { return copy_.memory_bytes(); }

 private:
  const std::filesystem::path root_;
  ThreadPool& pool_;
  const Publish publish_;
  CheckpointContents contents_;  // of the write in flight; its tensors are views of copy_
  StateCopy copy_;
  double blocking_seconds_ = 0;                     // of the write in flight, until Start returned
  double write_seconds_ = 0;                        // of the write that has ended
  std::future<Result<PublishedCheckpoint>> write_;  // first to go: its destructor waits
};

}  // namespace descent
