#include <string>

#include "common/check.h"
#include "coordinator/job_list.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

ClusterSnapshot MakeSnapshot() {
  ClusterSnapshot snapshot;
  snapshot.jobs.push_back(MakeFullJob());
  for (int i = 5; i >= 1; --i) {
    Job job = MakeJob("job-" + std::to_string(i), i);
    job.state = i % 2 == 0 ? JobState::kCancelled : JobState::kQueued;
    snapshot.jobs.push_back(std::move(job));
  }
  return snapshot;
}

}  // namespace

// A filter, an order and a page token, a line each; or all of the request.
DESCENT_FUZZ_TARGET(list_jobs) {
  static const ClusterSnapshot snapshot = MakeSnapshot();
  v1::ListJobsRequest request;
  if (TakeByte(bytes) % 2 == 0) {
    request.set_filter(std::string(TakePart(bytes, '\n')));
    request.set_order_by(std::string(TakePart(bytes, '\n')));
    request.set_page_token(std::string(bytes));
    request.set_page_size(2);
  } else if (!request.ParseFromString(std::string(bytes))) {
    return;
  }

  const auto page = ListJobsPage(request, snapshot);

  const auto* jobs = std::get_if<v1::ListJobsResponse>(&page);
  if (jobs == nullptr) return;
  NoteTaken();
  DESCENT_CHECK(jobs->jobs_size() <= std::ssize(snapshot.jobs));
  if (jobs->next_page_token().empty()) return;
  // A token that was given is taken.
  request.set_page_token(jobs->next_page_token());
  DESCENT_CHECK(std::holds_alternative<v1::ListJobsResponse>(ListJobsPage(request, snapshot)));
}

}  // namespace descent
