#pragma once

#include <string>
#include <vector>

#include "worker/optim/optimizer.h"

namespace descent {

struct SgdOptions {
  double momentum = 0.0;   // in [0, 1); 0: none
  double dampening = 0.0;  // in [0, 1)
  bool nesterov = false;   // only with a momentum and without dampening
};

// Gradient descent, plain, with momentum, or with Nesterov's. With weight w and gradient g:
//   g = g + decay w
//   b = momentum b + (1 - dampening) g      at the first step b = g
//   w = w - lr b                            of Nesterov's w - lr (g + momentum b), of plain w - lr
//   g
// in this order, which is that of torch.optim.SGD of PyTorch 2 on a CPU. The moment is b, which
// plain descent does without.
// Source: Sutskever et al. 2013, with the learning rate outside b as in PyTorch.
class Sgd final : public Optimizer {
 public:
  explicit Sgd(const SgdOptions& options);

  std::vector<std::string> MomentNames() const override;  // "sgd.momentum"
  void Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
              UpdateStores stores) const override;

 private:
  const SgdOptions options_;
};

}  // namespace descent
