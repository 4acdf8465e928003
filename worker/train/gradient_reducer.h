#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/aligned_buffer.h"
#include "worker/collective/accumulation_plan.h"
#include "worker/collective/collective.h"
#include "worker/plan/parameter_layout.h"
#include "worker/train/communication_thread.h"

namespace descent {

// Adds the gradients of one step over all logical workers of all ranks, in the order of the
// canonical tree, bucket by bucket, while the last backward pass still runs. For each step:
//   1. BeginStep.
//   2. For each i of leaves(): compute its gradient in BufferOf(i). All but the last: LeafDone(i).
//      During the backward pass that completes the last leaf: BucketReady(bucket), ascending.
//   3. A rank without leaves calls AllBucketsReady instead.
//   4. Wait for the communication thread; then sum() holds the gradient's sum.
// One thread; the reductions run on the communication thread.
class GradientReducer {
 public:
  // All three outlive it.
  GradientReducer(const ParameterLayout& layout, Collective& collective,
                  CommunicationThread& communication);

  // `leaf_present` [V]: which logical workers have samples in this step; equal on every rank.
  void BeginStep(const std::vector<bool>& leaf_present);

  // This rank's logical workers with samples, ascending.
  std::span<const AccumulationPlan::LeafPlan> leaves() const { return accumulation_.leaves; }
  std::span<float> BufferOf(std::size_t i);

  void LeafDone(std::size_t i);
  void BucketReady(int bucket);
  void AllBucketsReady();

  std::span<const float> sum() const;
  std::int64_t buffer_bytes() const;

 private:
  void AddBuffers(std::size_t leaf, IndexRange elements);
  Status ReduceBucket(int bucket);

  const ParameterLayout& layout_;
  Collective& collective_;
  CommunicationThread& communication_;
  std::vector<bool> leaf_present_;
  std::optional<CanonicalTree> tree_;   // of leaf_present_
  AccumulationPlan accumulation_;       // of tree_
  std::vector<AlignedBuffer> buffers_;  // [element_count] each; the first ends with the sum
  std::vector<const float*> bucket_partial_sums_;  // used by the communication thread alone
};

}  // namespace descent
