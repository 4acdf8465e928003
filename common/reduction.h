#pragma once

namespace descent {

// In which order the gradients of different workers are added.
enum class ReductionKind {
  kReproducible,  // that of the canonical tree: the same bits for any number of workers
  kFastest,       // MPI's own: the same bits on all workers of one run, others for another number
};

}  // namespace descent
