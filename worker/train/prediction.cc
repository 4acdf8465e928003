#include "worker/train/prediction.h"

#include <algorithm>

#include "common/check.h"
#include "worker/optim/deterministic_math.h"

namespace descent {

double PredictedNumber(Loss loss, float logit) {
  if (loss != Loss::kBinaryCrossEntropy) return double{logit};
  return 1 / (1 + Exponential(-double{logit}));
}

std::vector<double> PredictedNumbers(Loss loss, std::span<const float> logits) {
  std::vector<double> numbers;
  for (const float logit : logits) numbers.push_back(PredictedNumber(loss, logit));
  return numbers;
}

std::vector<double> ClassProbabilities(Loss loss, std::span<const float> logits) {
  DESCENT_CHECK(!logits.empty());
  if (loss == Loss::kBinaryCrossEntropy) {
    const double second = PredictedNumber(loss, logits[0]);
    return {1 - second, second};
  }
  // Relative to the largest, so that nothing overflows.
  const double largest = double{*std::ranges::max_element(logits)};
  std::vector<double> probabilities;
  double sum = 0;
  for (const float logit : logits) {
    probabilities.push_back(Exponential(double{logit} - largest));
    sum += probabilities.back();
  }
  for (double& probability : probabilities) probability /= sum;
  return probabilities;
}

}  // namespace descent
