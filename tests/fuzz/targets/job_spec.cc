#include "common/job_spec.h"

#include <string>

#include "common/check.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// A spec as it travels.
DESCENT_FUZZ_TARGET(job_spec) {
  constexpr std::int64_t kTrainSamples = 60'000;
  const Result<JobSpec> decoded = DecodeJobSpec(std::string(bytes));
  if (!decoded.ok()) return;

  const JobSpec spec = WithDefaults(decoded.value());

  DESCENT_CHECK(EncodeJobSpec(WithDefaults(spec)) == EncodeJobSpec(spec));
  if (!ValidateJobSpec(spec).empty()) return;
  if (!ValidateAgainstTrainingSet(spec, kTrainSamples).empty()) return;
  NoteTaken();
  DESCENT_CHECK(ComputeBatchArithmetic(spec, kTrainSamples).total_steps >= 1);
}

}  // namespace descent
