#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/shard_planner.h"
#include "worker/optim/optimizer.h"
#include "worker/optim/update_rules.h"

namespace descent {

// What an update reads and writes: flat arenas of one layout, each [element_count].
struct StateArenas {
  std::span<float> weights;
  std::vector<std::span<float>> moments;  // in the order of the optimizer's MomentNames
  std::span<float> average;               // of the weights; empty if none is kept
};

// The update of the whole arena: the optimizer's formula where it applies, and each other rule of
// its own. A step covers each element once, in any cut and order; the bits depend on neither.
// Immutable, so any thread may call it.
class ArenaUpdate {
 public:
  // `rules` as MakeUpdateRules gives them.
  ArenaUpdate(std::unique_ptr<const Optimizer> optimizer, std::vector<RuledRange> rules);

  std::vector<std::string> MomentNames() const { return optimizer_->MomentNames(); }
  std::span<const RuledRange> rules() const { return rules_; }

  // Updates `range` from `grads` [range.size()], which are sums over samples: reads `from`, writes
  // `to`, which may be `from` itself. Disjoint ranges may run in different threads.
  void UpdateRange(const UpdateStep& step, IndexRange range, std::span<const float> grads,
                   const StateArenas& from, const StateArenas& to) const;

 private:
  void CheckArenas(const StateArenas& arenas) const;

  std::unique_ptr<const Optimizer> optimizer_;
  std::vector<RuledRange> rules_;
  std::int64_t element_count_;
  std::size_t moment_count_;
};

}  // namespace descent
