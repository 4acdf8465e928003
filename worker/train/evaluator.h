#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/evaluation.h"
#include "common/job_spec.h"
#include "common/result.h"
#include "common/sample_format.h"
#include "worker/collective/collective.h"
#include "worker/data/dataset.h"
#include "worker/train/plan_cache.h"

namespace descent {

// What can be measured on samples of this format: the loss; of labels the accuracy, with more than
// five classes the top-5 accuracy, and of texts the perplexity; of numbers to predict the mean
// absolute error and the root mean squared error, over all numbers of all samples.
std::vector<EvaluationMetric> MetricsOf(const SampleFormat& format);

// kInvalidArgument: the spec decides by a metric that samples of this format do not have.
Status CheckMetrics(const JobSpec& spec, const SampleFormat& format);

// Samples of a full block: a function of the format alone.
std::int64_t EvaluationBlockSize(const SampleFormat& format);

// Evaluates the whole dataset exactly: no sample is left out or counted twice, however many ranks
// share it. The dataset is cut into blocks of a fixed size, whose sums are added in block order in
// double, so the bits do not depend on the number of ranks. Every rank calls it and gets the same.
// The loss and the accuracies are means over the counted samples (counted_answers.h), and NaN where
// no answer counts. Blocks; the caller's thread uses the collective. `on_block` hears of each block
// of this rank once it is done. kAborted: a peer is gone.
Result<EvaluationValues> Evaluate(const Dataset& dataset, std::span<const float> parameters,
                                  PlanCache& plans, Collective& collective,
                                  const std::function<void()>& on_block = {});

}  // namespace descent
