#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "common/shard_planner.h"
#include "common/trace.h"
#include "worker/data/batch_cursor.h"
#include "worker/data/dataset.h"
#include "worker/data/image_augmenter.h"
#include "worker/data/sample_buffer.h"

namespace descent {

// One micro-batch, ready to compute. B = place.positions.size(); F, T, L and K are the counts of
// the dataset's format, of which F or T is 0, and L or K.
struct Batch {
  BatchPlace place;
  std::span<const float> features;       // [B, F]
  std::span<const std::int32_t> tokens;  // [B, T]
  std::span<const std::int32_t> labels;  // [B, L]
  std::span<const float> targets;        // [B, K]
};

// Prepares a rank's batches ahead on a thread of its own, up to limits::kPrefetchBatches, in
// buffers that are allocated once. What it hands out depends on the sequence alone, never on time.
// An augmenter changes the images of each batch by its step and positions.
// Each batch is recorded on `trace`, if that is not null.
// The dataset and the track must outlive it. All public functions on one thread; destroying it
// stops the thread after at most one batch, wherever the consumer is.
class Prefetcher {
 public:
  Prefetcher(const Dataset& dataset, const BatchSequence& sequence,
             std::optional<ImageAugmenter> augmenter = std::nullopt, TraceTrack* trace = nullptr);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // The next batch of `step`, or null once the step has no more (or none at all): then call with
  // step + 1. Waits until the batch is ready, and does not wait to say null. The batch stays valid
  // until the next call. Steps must be asked in order, none skipped that has batches.
  const Batch* NextOfStep(std::int64_t step);

 private:
  struct Slot {
    SampleBuffer buffer;
    Batch batch;
  };

  void Run();
  void Fill(Slot& slot, const BatchPlace& place);

  // Constant after construction.
  const Dataset& dataset_;
  const ShardPlanner planner_;
  TraceTrack* const trace_;

  BatchCursor to_hand_out_;  // owned by the consumer
  BatchCursor to_prepare_;   // owned by the thread, as are the next two
  std::vector<std::int64_t> samples_;
  std::optional<ImageAugmenter> augmenter_;
  // Slot i % size holds batch i. The thread owns those not yet prepared, the consumer the others.
  std::vector<Slot> slots_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t prepared_count_ = 0;  // guarded by mutex_
  std::size_t released_count_ = 0;  // guarded by mutex_: batches that the consumer is done with
  bool is_stopping_ = false;        // guarded by mutex_

  std::size_t handed_out_count_ = 0;  // owned by the consumer
  std::thread thread_;                // last, so it sees everything above constructed
};

}  // namespace descent
