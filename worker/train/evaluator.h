#pragma once

#include <cstdint>
#include <span>

#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/data/dataset.h"
#include "worker/train/plan_cache.h"

namespace descent {

struct Evaluation {
  double loss = 0;      // mean over all samples
  double accuracy = 0;  // share of samples whose largest logit is the label's, in [0, 1]
};

// Evaluates the whole dataset exactly: no sample is left out or counted twice, however many ranks
// share it. The dataset is cut into blocks of a fixed size, whose sums are added in block order in
// double, so the bits do not depend on the number of ranks. Every rank calls it and gets the same.
// Blocks; the caller's thread uses the collective. kAborted: a peer is gone.
Result<Evaluation> Evaluate(const Dataset& dataset, std::span<const float> parameters,
                            PlanCache& plans, Collective& collective);

}  // namespace descent
