#pragma once

#include <cstddef>

namespace descent::cpu {

// The logits of a row of softmax cross-entropy, and what is to be learned of it.
struct CrossEntropyRow {
  const float* logits;
  std::size_t classes;
  std::size_t label;  // below `classes`
  float smoothing;    // the share of the target that all classes have
};

// log(sum of exp(logits)).
float LogSumOf(const CrossEntropyRow& row);
float LossOf(const CrossEntropyRow& row, float log_sum);
// The gradient of the loss, times `loss_gradient`; may overwrite the logits.
void WriteGradient(const CrossEntropyRow& row, float log_sum, float loss_gradient, float* gradient);
// Whether the label's logit is the largest, the first of equals, and no logit is NaN.
bool IsTopOne(const CrossEntropyRow& row);

}  // namespace descent::cpu
