#include "coordinator/job_record.h"

#include "common/check.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// A job as it lies in the store, on a disk that may have changed it.
DESCENT_FUZZ_TARGET(job_record) {
  const Result<Job> job = DecodeJob(bytes);
  if (!job.ok()) return;
  NoteTaken();
  DESCENT_CHECK(DecodeJob(EncodeJob(job.value())).ok());
}

}  // namespace descent
