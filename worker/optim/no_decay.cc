#include "worker/optim/no_decay.h"

#include <fnmatch.h>

#include <algorithm>

namespace descent {
namespace {

bool MatchesAny(const std::string& name, std::span<const std::string> patterns) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

}  // namespace

std::vector<IndexRange> NoDecayRanges(std::span<const NamedRange> parameters,
                                      std::span<const std::string> patterns) {
  std::vector<IndexRange> ranges;
  for (const NamedRange& parameter : parameters)
    if (MatchesAny(parameter.name, patterns)) ranges.push_back(parameter.range);
  return ranges;
}

}  // namespace descent
