#include "proto/job_file.h"

#include <string>
#include <vector>

#include "common/check.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz_target.h"

namespace descent {

// A job file, and behind a NUL overrides, a line each.
DESCENT_FUZZ_TARGET(job_file) {
  constexpr std::size_t kOverridesMax = 8;
  const std::string_view text = TakePart(bytes, '\0');
  std::vector<std::string> overrides;
  while (!bytes.empty() && overrides.size() < kOverridesMax)
    overrides.emplace_back(TakePart(bytes, '\n'));

  const JobFile file = ReadJobFile(text, overrides);

  DESCENT_CHECK(!FormatProblems(file.problems, "job.yaml").empty());
  if (!file.problems.empty()) return;
  NoteTaken();
  // What is valid can be sent, and is the same when it arrives.
  const std::string encoded = EncodeJobSpec(file.spec);
  const Result<JobSpec> decoded = DecodeJobSpec(encoded);
  DESCENT_CHECK(decoded.ok());
  DESCENT_CHECK(EncodeJobSpec(decoded.value()) == encoded);
}

}  // namespace descent
