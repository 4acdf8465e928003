#include "worker/plan/memory_planner.h"

#include <algorithm>
#include <numeric>

#include "common/check.h"

namespace descent {
namespace {

constexpr std::int64_t kOffsetMultiple = 16;  // 64 bytes: a cache line and the widest vector

bool InUseTogether(const MemoryRequest& a, const MemoryRequest& b) {
  return a.first_step <= b.last_step && b.first_step <= a.last_step;
}

std::int64_t RoundUp(std::int64_t count) {
  return (count + kOffsetMultiple - 1) / kOffsetMultiple * kOffsetMultiple;
}

struct PlacedRequest {
  std::int64_t first, last;
};

// The lowest offset at which `element_count` elements touch none of `taken`.
std::int64_t LowestFreeOffset(std::vector<PlacedRequest> taken, std::int64_t element_count) {
  std::ranges::sort(taken, {}, &PlacedRequest::first);
  std::int64_t offset = 0;
  for (const PlacedRequest& piece : taken) {
    if (offset + element_count <= piece.first) break;
    offset = std::max(offset, RoundUp(piece.last));
  }
  return offset;
}

}  // namespace

MemoryPlan PlanMemory(std::span<const MemoryRequest> requests) {
  std::vector<std::size_t> by_size(requests.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::ranges::stable_sort(by_size, std::ranges::greater(),
                           [&](std::size_t i) { return requests[i].element_count; });

  MemoryPlan plan;
  plan.offsets.resize(requests.size());
  std::vector<std::size_t> placed;
  for (const std::size_t i : by_size) {
    std::vector<PlacedRequest> taken;
    for (const std::size_t other : placed) {
      if (!InUseTogether(requests[i], requests[other])) continue;
      taken.push_back({plan.offsets[other], plan.offsets[other] + requests[other].element_count});
    }
    plan.offsets[i] = LowestFreeOffset(std::move(taken), requests[i].element_count);
    plan.element_count =
        std::max(plan.element_count, RoundUp(plan.offsets[i] + requests[i].element_count));
    placed.push_back(i);
  }
  DESCENT_CHECK(IsSound(plan, requests));
  return plan;
}

bool IsSound(const MemoryPlan& plan, std::span<const MemoryRequest> requests) {
  if (plan.offsets.size() != requests.size()) return false;
  const auto end = [&](std::size_t i) { return plan.offsets[i] + requests[i].element_count; };
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (plan.offsets[i] < 0 || end(i) > plan.element_count) return false;
    for (std::size_t j = 0; j < i; ++j) {
      const bool overlap = plan.offsets[i] < end(j) && plan.offsets[j] < end(i);
      if (overlap && InUseTogether(requests[i], requests[j])) return false;
    }
  }
  return true;
}

}  // namespace descent
