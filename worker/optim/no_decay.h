#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/shard_planner.h"

namespace descent {

// A parameter by name, and where it lies in the flat arenas.
struct NamedRange {
  std::string name;
  IndexRange range;
};

// The ranges of the parameters whose name matches one of `patterns`, in the order of `parameters`.
// Patterns are shell globs: "*" matches any run of characters, dots included, so "*.bias" is every
// bias; "?" matches one character and "[ab]" one of a set.
std::vector<IndexRange> NoDecayRanges(std::span<const NamedRange> parameters,
                                      std::span<const std::string> patterns);

}  // namespace descent
