#pragma once

#include <string>
#include <vector>

#include "worker/optim/optimizer.h"

namespace descent {

struct AdamOptions {
  // How a weight decays: by itself (AdamW), or as an addition to its gradient, which is L2
  // regularisation (Adam).
  enum class Decay { kDecoupled, kInGradient };
  Decay decay = Decay::kDecoupled;
  double beta1 = 0.9;     // in [0, 1)
  double beta2 = 0.999;   // in [0, 1)
  double epsilon = 1e-8;  // > 0, added after bias correction, outside the root
};

// Adam and AdamW. At step t, with weight w and gradient g:
//   g = g + decay w               if it decays in the gradient, else
//   w = w (1 - lr decay)
//   m = m + (1 - b1) (g - m)      v = b2 v + (1 - b2) g^2
//   w = w - (lr / (1 - b1^t)) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
// in this order, which is that of torch.optim.Adam and AdamW of PyTorch 2 on a CPU. The moments are
// the running mean m of g and v of its square, uncentred.
// Sources: Kingma and Ba 2015, Algorithm 1; Loshchilov and Hutter 2019, Algorithm 2, with decay
// scaled by lr as in PyTorch.
class Adam final : public Optimizer {
 public:
  explicit Adam(const AdamOptions& options);

  std::vector<std::string> MomentNames() const override;  // "adamw.mean", "adamw.variance"
  void Update(const UpdateStep& step, const UpdateRule& rule, const UpdateArrays& arrays,
              UpdateStores stores) const override;

 private:
  const AdamOptions options_;
};

}  // namespace descent
