#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace descent {

// A piece of memory that is in use during the steps [first_step, last_step].
struct MemoryRequest {
  std::int64_t element_count = 0;
  int first_step = 0;
  int last_step = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  // one for each request, in elements, multiples of 16
  std::int64_t element_count = 0;     // of the arena
};

// Gives every request a place so that no two that are in use during the same step overlap: the
// largest first, each at the lowest offset that is free throughout its use.
MemoryPlan PlanMemory(std::span<const MemoryRequest> requests);

// Whether no two requests that are in use during the same step overlap, and all fit.
bool IsSound(const MemoryPlan& plan, std::span<const MemoryRequest> requests);

}  // namespace descent
