#include "worker/train/gradient_reducer.h"

#include <algorithm>

#include "common/check.h"
#include "common/failpoint.h"
#include "worker/collective/add_elements.h"
#include "worker/optim/clip.h"
#include "worker/train/trace_labels.h"

namespace descent {
namespace {

template <typename T>
std::span<T> RangeOf(std::span<T> values, IndexRange elements) {
  return values.subspan(static_cast<std::size_t>(elements.first),
                        static_cast<std::size_t>(elements.size()));
}

// What a thread of the pool takes at a time: 256 KiB of each array.
constexpr std::int64_t kBlocksOfPart = 16;
constexpr std::int64_t kElementsOfPart = kBlocksOfPart * kNormBlockElements;

// Calls body(part) with parts of `elements` that begin with a block.
template <typename Body>
void ForParts(ThreadPool& pool, IndexRange elements, const Body& body) {
  const std::int64_t parts = (elements.size() + kElementsOfPart - 1) / kElementsOfPart;
  pool.ParallelFor(parts, [&](std::int64_t part, int) {
    const std::int64_t first = elements.first + part * kElementsOfPart;
    body(IndexRange{first, std::min(first + kElementsOfPart, elements.last)});
  });
}

// Where ranks only read each other's memory, a reduction keeps the cores as busy as the backward
// pass does: to run the two side by side spreads the ranks' waiting for each other, which below
// this many gradients (16 MiB) is less than what waking a thread takes.
constexpr std::int64_t kElementsWorthAThread = std::int64_t{4} << 20;

}  // namespace

GradientReducer::GradientReducer(const Options& options) : options_(options) {
  DESCENT_CHECK(!options_.on_sum || options_.update == UpdateKind::kSharded);
}

Status GradientReducer::BeginStep(const std::vector<bool>& leaf_present) {
  std::ranges::fill(leaf_square_sums_, 0.0);
  if (shares_sum() && !sum_.empty()) DESCENT_RETURN_IF_ERROR(options_.collective.Barrier());
  if (tree_ && leaf_present == leaf_present_) return Status();
  leaf_present_ = leaf_present;
  tree_.emplace(leaf_present, options_.collective.world_size());
  accumulation_ = AccumulationPlan::For(*tree_, options_.collective.rank());
  leaf_square_sums_.assign(accumulation_.leaves.size(), 0.0);
  return GrowBuffers();
}

// Every rank takes as many buffers as the one that needs the most: the memory is shared.
Status GradientReducer::GrowBuffers() {
  int wanted = 0;
  for (int rank = 0; rank < options_.collective.world_size(); ++rank)
    wanted = std::max(wanted, AccumulationPlan::For(*tree_, rank).buffer_count);
  const std::int64_t size = options_.layout.element_count;
  while (buffers_.size() < static_cast<std::size_t>(wanted)) {
    DESCENT_ASSIGN(const std::span<float> buffer,
                   options_.collective.Allocate(size, MemoryKind::kPerRank));
    buffers_.push_back(buffer);
  }
  // In place: what an addition writes it has just read. Where all ranks need the whole sum and see
  // the same memory, it is written once for all.
  sum_ = shares_sum() ? options_.collective.MemoryOf(0, buffers_[0]) : buffers_[0];
  return Status();
}

std::span<float> GradientReducer::BufferOf(std::size_t i) {
  return buffers_[static_cast<std::size_t>(accumulation_.leaves[i].buffer)];
}

void GradientReducer::LeafDone(std::size_t i) {
  DESCENT_CHECK(i + 1 < accumulation_.leaves.size());
  for (int bucket = 0; bucket < options_.slices.bucket_count(); ++bucket)
    SumSquaresOfLeaf(i, bucket);
  AddBuffers(i, {0, options_.layout.element_count});
}

void GradientReducer::BucketReady(int bucket) {
  SumSquaresOfLeaf(accumulation_.leaves.size() - 1, bucket);
  AddBuffers(accumulation_.leaves.size() - 1, options_.slices.Bucket(bucket));
  PostBucket(bucket);
}

void GradientReducer::AllBucketsReady() {
  DESCENT_CHECK(accumulation_.leaves.empty());
  for (int bucket = 0; bucket < options_.slices.bucket_count(); ++bucket) PostBucket(bucket);
}

void GradientReducer::PostBucket(int bucket) {
  if (options_.collective.world_size() == 1) return SumSquaresOfSum(bucket);
  options_.communication.Post(
      trace::kReduceBucket, [this, bucket] { return ReduceBucket(bucket); }, bucket,
      StartOfReductions());
}

CommunicationThread::Start GradientReducer::StartOfReductions() const {
  const bool is_short =
      options_.collective.shares_memory() && options_.layout.element_count < kElementsWorthAThread;
  return is_short ? CommunicationThread::Start::kWhenWaitedFor
                  : CommunicationThread::Start::kAtOnce;
}

// In memory that all ranks see, nothing travels: one meeting for all buckets is enough.
void GradientReducer::AllBucketsPosted() {
  if (shares_sum())
    options_.communication.Post(
        trace::kMeet, [this] { return options_.collective.Barrier(); }, /*number=*/-1,
        CommunicationThread::Start::kWhenWaitedFor);
}

void GradientReducer::AddBuffers(std::size_t leaf, IndexRange elements) {
  for (const AccumulationPlan::Addition addition : accumulation_.leaves[leaf].additions_after) {
    const std::span<float> target = buffers_[static_cast<std::size_t>(addition.target)];
    const std::span<float> source = buffers_[static_cast<std::size_t>(addition.source)];
    ForParts(options_.pool, elements, [&](IndexRange part) {
      const std::span<float> sum = RangeOf(target, part);
      AddElements(sum, RangeOf(source, part), sum);
    });
  }
}

Status GradientReducer::ReduceBucket(int bucket) {
  if (options_.progress != nullptr) options_.progress->SetBucket(bucket);
  DESCENT_FAILPOINT("worker.bucket.enter");
  const IndexRange elements = options_.slices.Bucket(bucket);
  const std::span<float> sum = RangeOf(sum_, elements);
  partial_sums_.clear();
  for (std::size_t i = 0; i < tree_->PartialSumsOf(options_.collective.rank()).size(); ++i)
    partial_sums_.push_back(RangeOf(buffers_[i], elements).data());
  const SumTarget target{
      .bucket_size = elements.size(),
      .bucket = options_.on_sum ? nullptr : sum.data(),
      .on_block = [this, elements, bucket](IndexRange block, std::span<const float> values) {
        BlocksReduced(bucket, {elements.first + block.first, elements.first + block.last}, values);
      }};
  const bool is_scattered = options_.update == UpdateKind::kSharded || shares_sum();
  Status status = is_scattered ? options_.collective.ReduceScatter(*tree_, partial_sums_, target)
                               : options_.collective.AllReduce(*tree_, partial_sums_, target);
  DESCENT_FAILPOINT("worker.bucket.leave");
  return status;
}

// Before the leaf's gradient is added to others, by blocks in the order of the layout: its bits do
// not depend on the rank that has it.
void GradientReducer::SumSquaresOfLeaf(std::size_t leaf, int bucket) {
  if (std::ranges::count(leaf_present_, true) < 2) return;
  const IndexRange elements = options_.slices.Bucket(bucket);
  block_sums_.resize(static_cast<std::size_t>(NormBlockCount(elements.size())));
  const std::span<const float> gradient = BufferOf(leaf);
  ForParts(options_.pool, elements, [&](IndexRange part) {
    const std::int64_t block = (part.first - elements.first) / kNormBlockElements;
    SumSquaresOfBlocks(
        RangeOf(gradient, part), part, options_.counted,
        RangeOf(std::span(block_sums_), {block, block + NormBlockCount(part.size())}));
  });
  for (const double sum : block_sums_) leaf_square_sums_[leaf] += sum;
}

// Of a rank that is alone, whose buffer is the sum.
void GradientReducer::SumSquaresOfSum(int bucket) {
  DESCENT_CHECK(tree_->PartialSumsOf(0).size() == 1);
  const std::span<const float> sum = sum_;
  ForParts(options_.pool, options_.slices.Bucket(bucket),
           [&](IndexRange part) { BlocksReduced(bucket, part, RangeOf(sum, part)); });
}

void GradientReducer::BlocksReduced(int bucket, IndexRange elements, std::span<const float> sum) {
  const int rank = options_.collective.rank();
  const IndexRange slice = options_.slices.SliceOf(bucket, rank);
  const std::int64_t block = options_.slices.BlocksOf(bucket, rank).first +
                             (elements.first - slice.first) / kNormBlockElements;
  SumSquaresOfBlocks(
      sum, elements, options_.counted,
      RangeOf(options_.square_sums, {block, block + NormBlockCount(elements.size())}));
  if (options_.on_sum) options_.on_sum(bucket, elements, sum);
}

}  // namespace descent
