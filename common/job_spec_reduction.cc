#include "common/job_spec_reduction.h"

namespace descent {

void CheckReduction(const JobSpec& spec, SpecChecker& checker) {
  checker.Require(
      spec.reduction != ReductionKind::kFastest || spec.collective != CollectiveKind::kSharedMemory,
      "reduction", "fastest with collective: shared_memory",
      "reproducible, or collective mpi or auto: in shared memory the canonical order "
      "is the fastest");
}

}  // namespace descent
