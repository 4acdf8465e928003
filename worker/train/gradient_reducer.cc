#include "worker/train/gradient_reducer.h"

#include "common/check.h"
#include "worker/collective/add_elements.h"

namespace descent {
namespace {

std::span<float> RangeOf(AlignedBuffer& buffer, IndexRange elements) {
  return buffer.span().subspan(static_cast<std::size_t>(elements.first),
                               static_cast<std::size_t>(elements.size()));
}

}  // namespace

GradientReducer::GradientReducer(const ParameterLayout& layout, Collective& collective,
                                 CommunicationThread& communication)
    : layout_(layout), collective_(collective), communication_(communication) {}

void GradientReducer::BeginStep(const std::vector<bool>& leaf_present) {
  if (tree_ && leaf_present == leaf_present_) return;
  leaf_present_ = leaf_present;
  tree_.emplace(leaf_present, collective_.world_size());
  accumulation_ = AccumulationPlan::For(*tree_, collective_.rank());
  while (buffers_.size() < static_cast<std::size_t>(accumulation_.buffer_count))
    buffers_.emplace_back(layout_.element_count);
}

std::span<float> GradientReducer::BufferOf(std::size_t i) {
  return buffers_[accumulation_.leaves[i].buffer].span();
}

void GradientReducer::LeafDone(std::size_t i) {
  DESCENT_CHECK(i + 1 < accumulation_.leaves.size());
  AddBuffers(i, {0, layout_.element_count});
}

void GradientReducer::BucketReady(int bucket) {
  AddBuffers(accumulation_.leaves.size() - 1, layout_.buckets[bucket]);
  communication_.Post([this, bucket] { return ReduceBucket(bucket); });
}

void GradientReducer::AllBucketsReady() {
  DESCENT_CHECK(accumulation_.leaves.empty());
  for (int bucket = 0; bucket < static_cast<int>(layout_.buckets.size()); ++bucket)
    communication_.Post([this, bucket] { return ReduceBucket(bucket); });
}

void GradientReducer::AddBuffers(std::size_t leaf, IndexRange elements) {
  for (const AccumulationPlan::Addition addition : accumulation_.leaves[leaf].additions_after) {
    const std::span<float> target = RangeOf(buffers_[addition.target], elements);
    AddElements(target, RangeOf(buffers_[addition.source], elements), target);
  }
}

Status GradientReducer::ReduceBucket(int bucket) {
  const IndexRange elements = layout_.buckets[bucket];
  bucket_partial_sums_.clear();
  for (std::size_t i = 0; i < tree_->PartialSumsOf(collective_.rank()).size(); ++i)
    bucket_partial_sums_.push_back(RangeOf(buffers_[i], elements).data());
  return collective_.AllReduce(*tree_, bucket_partial_sums_, RangeOf(buffers_[0], elements));
}

std::span<const float> GradientReducer::sum() const { return buffers_[0].span(); }

std::int64_t GradientReducer::buffer_bytes() const {
  return static_cast<std::int64_t>(buffers_.size()) * layout_.element_count *
         static_cast<std::int64_t>(sizeof(float));
}

}  // namespace descent
