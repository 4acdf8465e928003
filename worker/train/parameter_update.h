#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/slice_map.h"
#include "worker/train/train_state.h"
#include "worker/train/update_measure.h"

namespace descent {

// The update of a step, of what this rank updates: everything, or its slices. For each step:
//   1. Begin.
//   2. Once for every element of the rank's slices: UpdateAll, or UpdateBlock block by block, by
//      whoever has just added up its gradient, which is then not read from memory again.
//   3. Finish. Or nothing, if the update is sharded: the state is then as it was.
// One thread, except for UpdateBlock, which one other thread may call between Begin and Finish.
class ParameterUpdate {
 public:
  struct Options {  // everything referred to outlives the update
    const JobSpec& spec;
    const ParameterLayout& layout;
    ThreadPool& pool;
    TrainState& state;
    Collective& collective;
  };

  explicit ParameterUpdate(const Options& options);

  // `grad_scale`: what makes the gradient of its sums, clipping by the norm included. `samples`: of
  // the step.
  void Begin(double learning_rate, double grad_scale, std::int64_t samples);

  // `sum`: of the gradient, [element_count]. With all threads of the pool.
  void UpdateAll(std::span<const float> sum);

  // `elements` of the arena: whole blocks of this rank's slice of `bucket`.
  void UpdateBlock(int bucket, IndexRange elements, std::span<const float> sum);

  // How far the weights moved, of a step in which that is measured. kAborted: a peer is gone; the
  // state is as it was before the step.
  Result<std::optional<double>> Finish();

 private:
  void UpdateChunkOf(const UpdateChunk& chunk, std::span<const float> sum,
                     std::vector<float>& weights_before);

  const Options options_;
  const SliceMap slices_;  // of which the rank updates those of rank_
  const int rank_;
  const std::vector<UpdateChunk> chunks_;
  UpdateMeasure measure_;
  std::vector<std::vector<float>> weights_before_;  // by thread: of the chunk it updates
  UpdateStep step_;
  bool is_measured_ = false;
};

}  // namespace descent
