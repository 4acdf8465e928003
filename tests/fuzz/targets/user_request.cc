#include <string>

#include "common/check.h"
#include "coordinator/log_request.h"
#include "coordinator/metric_request.h"
#include "coordinator/submission.h"
#include "coordinator/watch_resume.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

void Update(const std::string& bytes) {
  v1::UpdateJobRequest request;
  if (!request.ParseFromString(bytes)) return;
  CheckLifetime(request);
  CheckPriority(request.priority());
  CheckLabels(JobLabels(request.set_labels().begin(), request.set_labels().end()));
}

void Query(const std::string& bytes) {
  v1::QueryMetricsRequest request;
  if (!request.ParseFromString(bytes)) return;
  const auto jobs = JobNamesOf(request);
  if (!jobs.ok()) return;
  const auto query = ToMetricQuery(request, "small", static_cast<int>(jobs.value().size()));
  if (query.ok()) {
    NoteTaken();
    DESCENT_CHECK(query.value().points_max >= 1);
  }
  FromProto(request.x_axis());
}

// Of a job that has no log.
void Follow(const std::string& bytes) {
  static const Job job = MakeFullJob();
  static const LogStore logs("/nonexistent/logs");
  v1::StreamJobLogsRequest request;
  if (request.ParseFromString(bytes)) ReadLogOnce(logs, job, request);
}

}  // namespace

// Requests whose fields are looked at before anything else is.
DESCENT_FUZZ_TARGET(user_request) {
  const unsigned choice = TakeByte(bytes) % 3;
  const std::string body(bytes);
  if (choice == 0) Update(body);
  if (choice == 1) Query(body);
  if (choice == 2) Follow(body);
}

}  // namespace descent
