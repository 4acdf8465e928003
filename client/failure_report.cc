#include "client/failure_report.h"

#include "client/render/job_text.h"
#include "client/render/log_text.h"

namespace descent {

JobView WithLogTail(Client& client, const JobView& job) {
  if (!job.failure) return job;
  const auto found = client.GetJob(job.id);
  return found.ok() ? found.value() : job;
}

void ReportJobFailure(Console& console, const JobView& job) {
  std::string text = FailureText(job);
  const std::string lines = job.failure ? FailureLogText(*job.failure, job.id) : "";
  if (!lines.empty()) text += "\n" + lines;
  console.Error(text);
}

}  // namespace descent
