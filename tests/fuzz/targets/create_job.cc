#include <google/protobuf/util/json_util.h>

#include <string>
#include <utility>

#include "common/check.h"
#include "coordinator/submission.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {

// A request to create a job, by gRPC or as JSON by HTTP.
DESCENT_FUZZ_TARGET(create_job) {
  static const Job known = MakeFullJob();
  v1::CreateJobRequest request;
  const bool is_json = TakeByte(bytes) % 2 == 1;
  const std::string body(bytes);
  if (is_json ? !google::protobuf::util::JsonStringToMessage(body, &request).ok()
              : !request.ParseFromString(body))
    return;

  const SubmissionContext context = {
      .find_job = [](const std::string& id) { return id == known.id ? &known : nullptr; },
      .random_suffix = [] { return std::string("abc12"); },
      .file = ReadGivenFile(request)};
  const auto submission = MakeSubmission(request, context);

  if (const auto* error = std::get_if<RequestError>(&submission)) {
    DESCENT_CHECK(!error->status.ok());
    DESCENT_CHECK(!error->reason.empty());
    return;
  }
  NoteTaken();
  const auto& submit = std::get<SubmitJob>(submission);
  DESCENT_CHECK(ValidateJobSpec(submit.spec).empty());
  CheckRepetition(request, submit, known);
  CheckCapacity(submit.spec, {});
}

}  // namespace descent
