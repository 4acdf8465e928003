#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/fault/watched_directory.h"

namespace descent {

// A way in which calls fail.
struct FaultKind {
  std::string name;
  FaultPlan plan;  // but which of the calls
};

// A full disk, a quota that is used up, an I/O error, and writes of half the bytes, each once and
// from some call on; a signal that interrupts a call; and a sync that fails.
std::vector<FaultKind> FaultKinds();

// Calls `run` for each kind with its plan for the k-th call, for k from 1 until it returns false:
// then no call failed, because there are fewer. In the short tier for each `short_stride`-th k.
// Returns how often a call failed.
std::size_t ForEachFault(std::int64_t short_stride,
                         const std::function<bool(const FaultPlan&)>& run);

}  // namespace descent
