#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/job_spec.h"
#include "worker/collective/accumulation_plan.h"
#include "worker/collective/collective.h"
#include "worker/kernels/thread_pool.h"
#include "worker/plan/parameter_layout.h"
#include "worker/train/communication_thread.h"
#include "worker/train/progress_marker.h"
#include "worker/train/slice_map.h"

namespace descent {

// Adds the gradients of one step over all logical workers of all ranks, in the order of the
// canonical tree, bucket by bucket, while the last backward pass still runs. For each step:
//   1. BeginStep.
//   2. For each i of leaves(): compute its gradient in BufferOf(i). All but the last: LeafDone(i).
//      During the backward pass that completes the last leaf: BucketReady(bucket), ascending.
//   3. A rank without leaves calls AllBucketsReady instead.
//   4. AllBucketsPosted. Wait for the communication thread; then sum() holds the gradient's sum.
// One thread; the reductions run on the communication thread. A rank that is alone has nothing to
// wait for: its buckets are done when BucketReady returns. Whatever else reads a whole gradient is
// shared out to the pool, which nobody else uses meanwhile.
class GradientReducer {
 public:
  // Hears of each block of this rank's slices once it is added up: `elements` of the arena, in
  // `bucket`. On the thread that reduces.
  using SumListener =
      std::function<void(int bucket, IndexRange elements, std::span<const float> sum)>;

  struct Options {  // everything referred to outlives the reducer
    const ParameterLayout& layout;
    const SliceMap& slices;
    UpdateKind update;
    Collective& collective;
    CommunicationThread& communication;
    ThreadPool& pool;
    // The parts of the gradient whose squares count, ascending.
    std::vector<IndexRange> counted;
    // Where the sums of squares of this rank's slices go, a block each (StepExchange).
    std::span<double> square_sums;
    // If there is one, the sum is not kept. Of a sharded update only.
    SumListener on_sum = {};
    // Is told which bucket a call of the collective reduces; may be null.
    ProgressMarker* progress = nullptr;
  };

  explicit GradientReducer(const Options& options);

  // `leaf_present` [V]: which logical workers have samples in this step; equal on every rank.
  // Takes memory from the collective if this step needs more of it than all before, and waits until
  // every rank has called it, where sum() is one memory that all of them read. The communication
  // thread is idle meanwhile.
  Status BeginStep(const std::vector<bool>& leaf_present);

  // This rank's logical workers with samples, ascending.
  std::span<const AccumulationPlan::LeafPlan> leaves() const { return accumulation_.leaves; }
  std::span<float> BufferOf(std::size_t i);

  // The sum of squares of the gradient of leaf i, which is a plain sum over its samples: valid once
  // LeafDone, or all buckets' BucketReady, were called for it. 0 in a step that has one leaf alone.
  double SquareSumOf(std::size_t i) const { return leaf_square_sums_[i]; }

  void LeafDone(std::size_t i);
  void BucketReady(int bucket);
  void AllBucketsReady();
  void AllBucketsPosted();

  // Of a sharded update only this rank's slices hold the sum. Valid until BeginStep.
  std::span<const float> sum() const { return sum_; }

 private:
  Status GrowBuffers();
  void AddBuffers(std::size_t leaf, IndexRange elements);
  void PostBucket(int bucket);
  CommunicationThread::Start StartOfReductions() const;
  Status ReduceBucket(int bucket);
  void SumSquaresOfSum(int bucket);
  void BlocksReduced(int bucket, IndexRange elements, std::span<const float> sum);
  void SumSquaresOfLeaf(std::size_t leaf, int bucket);
  bool shares_sum() const {
    return options_.update == UpdateKind::kReplicated && options_.collective.shares_memory();
  }

  const Options options_;
  std::vector<bool> leaf_present_;
  std::optional<CanonicalTree> tree_;       // of leaf_present_
  AccumulationPlan accumulation_;           // of tree_
  std::vector<double> leaf_square_sums_;    // of this rank's leaves
  std::vector<double> block_sums_;          // of a bucket of a leaf
  std::vector<std::span<float>> buffers_;   // [element_count] each, as many on every rank
  std::span<float> sum_;                    // the first buffer: of this rank, or for all of rank 0
  std::vector<const float*> partial_sums_;  // of a bucket; used by the communication thread alone
};

}  // namespace descent
