#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/shard_planner.h"

namespace descent {

// A parameter by name, and where it lies in the flat arenas.
struct NamedRange {
  std::string name;
  IndexRange range;
  std::optional<double> momentum = std::nullopt;  // of a running statistic
};

// What an update does to a parameter.
struct UpdateRule {
  enum class Kind {
    kOptimized,  // the optimizer's formula
    kFrozen,     // nothing: its gradient counts for nothing either
    // Not learned but followed: value = (1 - momentum) value + momentum sum / samples, of the sum
    // that takes the place of a gradient. In f32, each operation rounded by itself. Counts for
    // nothing either; no pattern applies to it.
    kRunningAverage,
  };
  Kind kind = Kind::kOptimized;
  double lr_multiplier = 1.0;  // of the step's learning rate
  double weight_decay = 0.0;   // >= 0
  double momentum = 0.0;       // of a running average, in [0, 1]

  bool operator==(const UpdateRule&) const = default;
};

struct RuledRange {
  IndexRange range;
  UpdateRule rule;
};

// The rule of each parameter by its name. `parameters` are ascending; the ranges tile
// [0, element_count), padding included, and neighbours differ in their rules.
// Patterns are shell globs: "*" matches any run of characters, dots included, so "*.bias" is every
// bias; "?" matches one character and "[ab]" one of a set.
std::vector<RuledRange> MakeUpdateRules(std::span<const NamedRange> parameters,
                                        std::int64_t element_count, const OptimizerSpec& spec);

// What is wrong with the groups of a valid spec for a model of parameters with these names:
// patterns that match none of them, with the nearest names, and groups that leave nothing to learn.
std::vector<Violation> CheckGroups(const OptimizerSpec& spec,
                                   const std::vector<std::string>& parameter_names);

// Where gradients count for the gradient's norm, ascending: wherever the optimizer uses them.
std::vector<IndexRange> RangesOfNorm(std::span<const RuledRange> rules);

}  // namespace descent
