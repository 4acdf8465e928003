#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/hash.h"
#include "common/job_spec.h"
#include "common/result.h"
#include "worker/checkpoint/tensor.h"
#include "worker/collective/collective.h"
#include "worker/optim/arena_update.h"
#include "worker/plan/parameter_layout.h"
#include "worker/train/diverged_ranks.h"
#include "worker/train/slice_map.h"

namespace descent {

// Everything that a step changes: parameters, the optimizer's moments and, if the job has one, the
// average of the parameters, in flat arenas of one layout, and the number of steps done. One
// thread.
//
// replicated  every rank holds and updates all of it, in place: nothing can fail on the way.
// sharded     every rank updates its slices and holds moments of these alone. A step reads one set
//             of arenas and writes another, and the new set counts once every rank has written its
//             slices: a rank that is lost in between leaves the old one whole. Where ranks share
//             memory they share both sets. A rank that is alone has nothing to share out, and is
//             replicated.
//
// Parameters are whole and equal on all ranks between steps. Bits do not depend on the kind.
class TrainState {
 public:
  struct Options {  // everything referred to outlives the state
    const ParameterLayout& layout;
    const OptimizerSpec& optimizer;
    std::optional<EmaSpec> ema = std::nullopt;
    UpdateKind update = UpdateKind::kReplicated;
    Collective& collective;
  };

  // Every rank calls it. kResourceExhausted: no room. kAborted: a peer is gone.
  static Result<TrainState> Create(const Options& options);

  UpdateKind update() const { return update_; }
  std::int64_t steps_done() const { return steps_done_; }
  std::int64_t updates_done() const { return updates_done_; }  // fewer, where steps made none
  std::span<const float> parameters() const { return current().weights; }
  // What the job evaluates and publishes: the average of the parameters, if it keeps one, else the
  // parameters. The average must be present (Gather).
  std::span<const float> evaluated_parameters() const;

  // Where gradients count for their norm, ascending.
  std::vector<IndexRange> norm_ranges() const { return RangesOfNorm(arena_update_.rules()); }

  // Starts from these parameters [element_count], equal on every rank, and moments of zero. Every
  // rank calls it. kAborted: a peer is gone.
  Status Start(std::span<const float> parameters);

  // Replaces the whole state by that of a checkpoint's directory, which must be of the same
  // parameters; of which kind of update does not matter. Every rank calls it. After a failure the
  // state is as it was, or the group is dead.
  //   kNotFound, kDataLoss  the checkpoint is not there or not whole
  //   kFailedPrecondition   it is of another model or optimizer, or of another instruction set: the
  //                         bits would not be those of an undisturbed run
  //   kAborted              a peer is gone
  Status Load(const std::filesystem::path& checkpoint, std::string_view instruction_set);

  // One update, in three parts: what the next step has in common for all; UpdateRange over all of
  // UpdateRanges(), in any cut and order and in any threads, with the sums of the range alone;
  // FinishUpdate, which every rank calls and which waits for all. kAborted: a peer is gone; the
  // state is as it was before the step. Before FinishUpdate a sharded update may be dropped: by
  // nothing, another BeginUpdate, SkipTo or Load.
  // Values of the mean gradient beyond `grad_limit` are cut to it.
  UpdateStep BeginUpdate(double learning_rate, double grad_scale,
                         double grad_limit = std::numeric_limits<double>::infinity());
  std::span<const IndexRange> UpdateRanges() const { return update_ranges_; }
  void UpdateRange(const UpdateStep& step, IndexRange range, std::span<const float> grads);
  Status FinishUpdate();

  // Steps up to `steps_done` make no update: their number alone counts.
  void SkipTo(std::int64_t steps_done);

  // Where UpdateRange writes parameters: until FinishUpdate, what it has written so far.
  std::span<const float> written_parameters() const {
    return sets_[is_sharded() ? 1 - current_set_ : current_set_].weights;
  }

  // Makes all moments and the average present on this rank, until the next update, so that what a
  // checkpoint holds may be looked at. Every rank calls it. Nothing is to be done if the update is
  // replicated, or after Start and Load. kAborted: a peer is gone.
  Status Gather();

  // What a checkpoint holds; views of the arenas, in layout order. The model is what is evaluated.
  std::vector<TensorView> ParameterTensors() const;
  // Arena by arena of the optimizer's moments: "adamw.mean.NAME", then "adamw.variance.NAME". Where
  // the model is an average, then the parameters that training goes on from: "weights.NAME".
  std::vector<TensorView> OptimizerTensors() const;

  Digest ComputeDigest() const;  // equal digests, equal bits
  // Of what every rank holds between steps: the parameters that training goes on from and, if the
  // update is replicated, all else.
  StateDigests ComputeCommonDigests() const;
  std::int64_t memory_bytes() const;

 private:
  explicit TrainState(const Options& options);
  Status AllocateArenas(Collective& collective);
  StateArenas& current() { return sets_[current_set_]; }
  const StateArenas& current() const { return sets_[current_set_]; }
  StateArenas& next() { return sets_[is_sharded() ? 1 - current_set_ : current_set_]; }
  bool is_sharded() const { return update_ == UpdateKind::kSharded; }

  // `arenas` in the order of ArenasOf.
  struct Progress {
    std::int64_t steps_done = 0;
    std::int64_t updates_done = 0;
  };
  Status Replace(std::span<const std::span<const float>> arenas, Progress progress);
  Status GatherArenas(std::span<const std::span<float>> arenas);
  void DropForeignMoments();
  std::size_t ArenaCount() const { return 1 + moment_names_.size() + (ema_ ? 1 : 0); }

  const ParameterLayout* layout_;
  Collective* collective_;
  UpdateKind update_;
  ArenaUpdate arena_update_;
  std::vector<std::string> moment_names_;
  std::optional<EmaSpec> ema_;
  std::string description_;  // OptimizerStateOf
  SliceMap slices_;
  std::vector<IndexRange> update_ranges_;  // what this rank updates, ascending
  std::vector<AlignedBuffer> own_memory_;  // of the arenas, if replicated
  std::array<StateArenas, 2> sets_;        // the second one only if sharded
  std::size_t current_set_ = 0;
  std::int64_t steps_done_ = 0;
  std::int64_t updates_done_ = 0;
  bool has_all_moments_ = true;
};

}  // namespace descent
