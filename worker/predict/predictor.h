#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "common/aligned_buffer.h"
#include "common/evaluation.h"
#include "common/result.h"
#include "common/shard_planner.h"
#include "worker/checkpoint/model_description.h"
#include "worker/data/dataset.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/plan_cache.h"

namespace descent {

// A checkpoint's model, ready to say what it makes of samples. One thread.
class Predictor {
 public:
  // Loads `checkpoint` (.../step-<n>); `pool` outlives the predictor. Blocks.
  //   kNotFound, kDataLoss  there is no such checkpoint, or it is not whole
  //   kFailedPrecondition   its model continues texts
  static Result<Predictor> Create(const std::filesystem::path& checkpoint, ThreadPool& pool);

  const ModelDescription& description() const { return description_; }
  // What is said of each sample: its classes, or the numbers to predict.
  std::int64_t value_count() const;

  // Of the samples [first, last) of a dataset that fits the model (LoadForModel): the probability
  // of each class, or the numbers, in double, [samples, value_count()].
  Result<std::vector<double>> Predict(const Dataset& dataset, IndexRange samples);

  // Of all samples of a dataset with labels or targets: what a job reports of a split, bit by bit.
  Result<EvaluationValues> Evaluate(const Dataset& dataset);

 private:
  Predictor(ModelDescription description, PlanCache plans);

  const ModelDescription description_;
  PlanCache plans_;
  AlignedBuffer parameters_;
};

}  // namespace descent
