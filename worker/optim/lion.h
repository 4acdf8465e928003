#pragma once

#include <string>
#include <vector>

#include "worker/optim/optimizer.h"

namespace descent {

struct LionOptions {
  double beta1 = 0.9;   // in [0, 1): of the direction
  double beta2 = 0.99;  // in [0, 1): of the momentum
};

// Lion: every weight moves by the learning rate, whatever the gradient's size. With weight w and
// gradient g:
//   w = w (1 - lr decay) - lr sign(b1 m + (1 - b1) g)      sign(0) = 0
//   m = b2 m + (1 - b2) g
// in this order. The moment is m.
// Source: Chen et al. 2023, Algorithm 2.
class Lion final : public Optimizer {
 public:
  explicit Lion(const LionOptions& options);

  std::vector<std::string> MomentNames() const override;  // "lion.momentum"
  void Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
              UpdateStores stores) const override;

 private:
  const LionOptions options_;
};

}  // namespace descent
