#include "worker/train/marked_collective.h"

#include "common/failpoint.h"

namespace descent {
namespace {

// Marks a call for as long as this lives.
class CallMark {
 public:
  explicit CallMark(ProgressMarker& progress) : progress_(progress) {
    progress_.EnterCall();
    DESCENT_FAILPOINT("worker.collective.enter");
  }
  ~CallMark() {
    DESCENT_FAILPOINT("worker.collective.leave");
    progress_.LeaveCall();
  }
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;

 private:
  ProgressMarker& progress_;
};

}  // namespace

Result<std::span<float>> MarkedCollective::Allocate(std::int64_t element_count, MemoryKind kind) {
  const CallMark mark(progress_);
  return collective_.Allocate(element_count, kind);
}

Status MarkedCollective::AllGather(std::span<const std::byte> mine, std::span<std::byte> all) {
  const CallMark mark(progress_);
  return collective_.AllGather(mine, all);
}

Status MarkedCollective::ReduceScatter(const CanonicalTree& tree,
                                       std::span<const float* const> partial_sums,
                                       const SumTarget& target) {
  const CallMark mark(progress_);
  return collective_.ReduceScatter(tree, partial_sums, target);
}

Status MarkedCollective::AllGatherSlices(std::span<const std::span<float>> buckets) {
  const CallMark mark(progress_);
  return collective_.AllGatherSlices(buckets);
}

Status MarkedCollective::Barrier() {
  const CallMark mark(progress_);
  return collective_.Barrier();
}

Status MarkedCollective::AllReduce(const CanonicalTree& tree,
                                   std::span<const float* const> partial_sums,
                                   const SumTarget& target) {
  const CallMark mark(progress_);
  return collective_.AllReduce(tree, partial_sums, target);
}

}  // namespace descent
