#include "worker/optim/update_rules.h"

#include <fnmatch.h>

#include <algorithm>

#include "common/check.h"

namespace descent {
namespace {

bool MatchesAny(const std::string& name, std::span<const std::string> patterns) {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
  });
}

UpdateRule RuleOf(const std::string& name, const OptimizerSpec& spec) {
  const bool decays = !MatchesAny(name, spec.adamw.no_decay);
  return {.weight_decay = decays ? spec.adamw.weight_decay : 0.0};
}

}  // namespace

std::vector<RuledRange> MakeUpdateRules(std::span<const NamedRange> parameters,
                                        std::int64_t element_count, const OptimizerSpec& spec) {
  std::vector<RuledRange> rules;
  std::int64_t covered = 0;
  for (const NamedRange& parameter : parameters) {
    DESCENT_CHECK(covered <= parameter.range.first);
    DESCENT_CHECK(parameter.range.first <= parameter.range.last);
    DESCENT_CHECK(parameter.range.last <= element_count);
    covered = parameter.range.last;
    const UpdateRule rule = RuleOf(parameter.name, spec);
    if (!rules.empty() && rules.back().rule == rule) continue;
    const std::int64_t first = rules.empty() ? 0 : parameter.range.first;
    if (!rules.empty()) rules.back().range.last = first;
    rules.push_back({{.first = first, .last = first}, rule});
  }
  if (!rules.empty()) rules.back().range.last = element_count;
  return rules;
}

std::vector<IndexRange> RangesOfNorm(std::span<const RuledRange> rules) {
  std::vector<IndexRange> ranges;
  for (const RuledRange& ruled : rules) {
    if (ruled.rule.kind != UpdateRule::Kind::kOptimized) continue;
    if (ranges.empty() || ranges.back().last != ruled.range.first)
      ranges.push_back(ruled.range);
    else
      ranges.back().last = ruled.range.last;
  }
  return ranges;
}

}  // namespace descent
