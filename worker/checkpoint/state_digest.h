#pragma once

#include <span>

#include "common/hash.h"
#include "worker/checkpoint/tensor.h"

namespace descent {

// The digest of a training state: the values of the parameters, then of the optimizer's tensors, in
// the order given, hashed tensor by tensor in chunks of 4 MiB. A function of the bits of the values
// and the order of the tensors only: names and shapes do not enter, -0.0 and 0.0 differ.
Digest StateDigest(std::span<const TensorView> parameters, std::span<const TensorView> optimizer);

}  // namespace descent
