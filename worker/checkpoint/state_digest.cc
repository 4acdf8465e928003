#include "worker/checkpoint/state_digest.h"

namespace descent {

Digest StateDigest(std::span<const TensorView> parameters, std::span<const TensorView> optimizer) {
  ChunkedHasher hasher;
  for (const TensorView& tensor : parameters) hasher.Add(std::as_bytes(tensor.values));
  for (const TensorView& tensor : optimizer) hasher.Add(std::as_bytes(tensor.values));
  return hasher.Finish();
}

}  // namespace descent
