#include "worker/optim/update_rules.h"

#include <fnmatch.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/check.h"
#include "common/edit_distance.h"
#include "common/spec_checker.h"

namespace descent {
namespace {

bool Matches(const std::string& name, const std::string& pattern) {
  return fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

bool MatchesAny(const std::string& name, std::span<const std::string> patterns) {
  return std::ranges::any_of(patterns,
                             [&](const std::string& pattern) { return Matches(name, pattern); });
}

// The first group that matches, or null.
const ParameterGroup* GroupOf(const std::string& name, const OptimizerSpec& spec) {
  const auto matches = [&](const ParameterGroup& group) { return MatchesAny(name, group.match); };
  const auto group = std::ranges::find_if(spec.groups, matches);
  return group == spec.groups.end() ? nullptr : &*group;
}

UpdateRule RuleOf(const std::string& name, const OptimizerSpec& spec) {
  UpdateRule rule{.weight_decay = MatchesAny(name, NoDecayOf(spec)) ? 0.0 : WeightDecayOf(spec)};
  const ParameterGroup* const group = GroupOf(name, spec);
  if (group == nullptr) return rule;
  if (group->is_frozen) return {.kind = UpdateRule::Kind::kFrozen};
  rule.lr_multiplier = group->lr_multiplier;
  if (group->weight_decay) rule.weight_decay = *group->weight_decay;
  return rule;
}

// The names that a pattern is most like, by their distance to it.
std::vector<std::string> NearestNames(const std::string& pattern, std::vector<std::string> names) {
  constexpr std::size_t kShownMax = 3;
  std::ranges::stable_sort(names, {},
                           [&](const std::string& name) { return EditDistance(pattern, name); });
  names.resize(std::min(names.size(), kShownMax));
  return names;
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
    const UpdateRule rule =
        parameter.momentum
            ? UpdateRule{.kind = UpdateRule::Kind::kRunningAverage, .momentum = *parameter.momentum}
            : RuleOf(parameter.name, spec);
    if (!rules.empty() && rules.back().rule == rule) continue;
    const std::int64_t first = rules.empty() ? 0 : parameter.range.first;
    if (!rules.empty()) rules.back().range.last = first;
    rules.push_back({{.first = first, .last = first}, rule});
  }
  if (!rules.empty()) rules.back().range.last = element_count;
  return rules;
}

std::vector<Violation> CheckGroups(const OptimizerSpec& spec,
                                   const std::vector<std::string>& parameter_names) {
  SpecChecker checker;
  for (std::size_t g = 0; g < spec.groups.size(); ++g)
    for (std::size_t i = 0; i < spec.groups[g].match.size(); ++i) {
      const std::string& pattern = spec.groups[g].match[i];
      const bool is_met = std::ranges::any_of(
          parameter_names, [&](const std::string& name) { return Matches(name, pattern); });
      if (is_met) continue;
      checker.Require(false, fmt::format("optimizer.groups[{}].match[{}]", g, i), Quoted(pattern),
                      fmt::format("a pattern that matches a parameter of the model, such as {}",
                                  fmt::join(NearestNames(pattern, parameter_names), ", ")));
    }
  const auto is_frozen = [&](const std::string& name) {
    return RuleOf(name, spec).kind == UpdateRule::Kind::kFrozen;
  };
  checker.Require(!std::ranges::all_of(parameter_names, is_frozen), "optimizer.groups",
                  "every parameter frozen", "such that some are not");
  return checker.TakeViolations();
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
