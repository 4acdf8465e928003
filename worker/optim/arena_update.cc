#include "worker/optim/arena_update.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

// An arena of this size (16 MiB) does not stay in a core's caches until the next step reads it:
// writing past them saves reading what is overwritten.
constexpr std::int64_t kStreamingElementsMin = std::int64_t{4} << 20;

// `grads` are those of the run.
UpdateArrays ArraysOf(IndexRange run, std::span<const float> grads, const StateArenas& from,
                      const StateArenas& to) {
  UpdateArrays arrays{.grads = grads.data(),
                      .weights = from.weights.data() + run.first,
                      .moments = {},
                      .new_weights = to.weights.data() + run.first,
                      .new_moments = {},
                      .count = static_cast<std::size_t>(run.size())};
  for (std::size_t m = 0; m < from.moments.size(); ++m) {
    arrays.moments[m] = from.moments[m].data() + run.first;
    arrays.new_moments[m] = to.moments[m].data() + run.first;
  }
  if (from.average.empty()) return arrays;
  arrays.average = from.average.data() + run.first;
  arrays.new_average = to.average.data() + run.first;
  return arrays;
}

// What a frozen run needs: the average of weights that stay is these weights, and the new state may
// lie elsewhere.
void CopyRun(IndexRange run, const StateArenas& from, const StateArenas& to) {
  const auto copy = [&](std::span<const float> source, std::span<float> target) {
    if (source.data() == target.data()) return;
    std::copy_n(source.begin() + run.first, run.size(), target.begin() + run.first);
  };
  copy(from.weights, to.weights);
  if (!to.average.empty()) copy(from.weights, to.average);
  for (std::size_t m = 0; m < from.moments.size(); ++m) copy(from.moments[m], to.moments[m]);
}

// The average of a running statistic is the statistic, as averaged models of PyTorch copy buffers.
void FollowRun(IndexRange run, const UpdateStep& step, double momentum, std::span<const float> sums,
               const StateArenas& from, const StateArenas& to) {
  const auto keep = static_cast<float>(1 - momentum);
  const auto take = static_cast<float>(momentum * step.mean_scale);
  const auto first = static_cast<std::size_t>(run.first);
  for (std::size_t i = 0; i < sums.size(); ++i)
    to.weights[first + i] = keep * from.weights[first + i] + take * sums[i];
  if (!to.average.empty())
    std::copy_n(to.weights.begin() + run.first, run.size(), to.average.begin() + run.first);
}

}  // namespace

ArenaUpdate::ArenaUpdate(std::unique_ptr<const Optimizer> optimizer, std::vector<RuledRange> rules)
    : optimizer_(std::move(optimizer)),
      rules_(std::move(rules)),
      element_count_(rules_.empty() ? 0 : rules_.back().range.last),
      moment_count_(optimizer_->MomentNames().size()) {
  DESCENT_CHECK(moment_count_ <= kMomentsMax);
  std::int64_t covered = 0;
  for (const RuledRange& ruled : rules_) {
    DESCENT_CHECK(ruled.range.first == covered);
    DESCENT_CHECK(ruled.range.last >= covered);
    DESCENT_CHECK(ruled.rule.lr_multiplier >= 0);
    DESCENT_CHECK(ruled.rule.weight_decay >= 0);
    covered = ruled.range.last;
  }
}

void ArenaUpdate::UpdateRange(const UpdateStep& step, IndexRange range,
                              std::span<const float> grads, const StateArenas& from,
                              const StateArenas& to) const {
  DESCENT_CHECK(step.number >= 1);
  DESCENT_CHECK(step.grad_limit > 0);
  CheckArenas(from);
  CheckArenas(to);
  DESCENT_CHECK(from.average.size() == to.average.size());
  DESCENT_CHECK(0 <= range.first && range.first <= range.last && range.last <= element_count_);
  DESCENT_CHECK(std::ssize(grads) == range.size());
  const bool streams =
      to.weights.data() != from.weights.data() && element_count_ >= kStreamingElementsMin;

  const auto last_of = [](const RuledRange& ruled) { return ruled.range.last; };
  const auto first_rule = std::ranges::upper_bound(rules_, range.first, {}, last_of);
  for (const RuledRange& ruled : std::ranges::subrange(first_rule, rules_.end())) {
    if (ruled.range.first >= range.last) break;
    const IndexRange run = {.first = std::max(range.first, ruled.range.first),
                            .last = std::min(range.last, ruled.range.last)};
    const std::span<const float> run_grads = grads.subspan(
        static_cast<std::size_t>(run.first - range.first), static_cast<std::size_t>(run.size()));
    switch (ruled.rule.kind) {
      case UpdateRule::Kind::kOptimized:
        optimizer_->Update(step, ruled.rule, ArraysOf(run, run_grads, from, to),
                           streams ? UpdateStores::kStreaming : UpdateStores::kCached);
        break;
      case UpdateRule::Kind::kFrozen:
        CopyRun(run, from, to);
        break;
      case UpdateRule::Kind::kRunningAverage:
        CopyRun(run, from, to);
        FollowRun(run, step, ruled.rule.momentum, run_grads, from, to);
        break;
    }
  }
}

void ArenaUpdate::CheckArenas(const StateArenas& arenas) const {
  DESCENT_CHECK(std::ssize(arenas.weights) == element_count_);
  DESCENT_CHECK(arenas.average.empty() || std::ssize(arenas.average) == element_count_);
  DESCENT_CHECK(arenas.moments.size() == moment_count_);
  for (const std::span<float> moment : arenas.moments)
    DESCENT_CHECK(std::ssize(moment) == element_count_);
}

}  // namespace descent
