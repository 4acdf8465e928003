#pragma once

#include <chrono>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/api/endpoint.h"
#include "client/api/reply.h"
#include "client/api/types.h"

namespace descent {

struct CreateJobOptions {
  std::string job_id;           // empty: the coordinator chooses
  std::optional<JobSpec> spec;  // absent with resume_from: that job's
  std::string request_id;       // makes the call safe to repeat
  bool validate_only = false;
  bool allows_infeasible = false;      // waits even if no pool could ever hold it
  std::string resume_from;             // "jobs/{job}/checkpoints/{step, latest or best}"
  std::vector<std::string> overrides;  // "FIELD=VALUE", of the spec
  std::optional<int> priority;
  bool is_preemptible = false;
  bool is_suspended = false;  // until it is resumed
  std::map<std::string, std::string> labels;
};

// Which jobs of a list are wanted, and in which order. `filter` and `order_by` are those of
// ListJobsRequest.
struct JobSelection {
  std::vector<std::string> states;                 // "RUNNING", …; empty: all
  std::string filter;                              // empty: all
  std::string order_by;                            // empty: newest first
  int jobs_max = std::numeric_limits<int>::max();  // the first of that order
  bool wants_json = true;                          // otherwise `json` of the jobs is empty
};

struct JobList {
  std::vector<JobView> jobs;
  bool has_more = false;  // than jobs_max
};

struct LabelChange {
  std::map<std::string, std::string> set;
  std::vector<std::string> removed;  // by key

  bool IsEmpty() const { return set.empty() && removed.empty(); }
};

struct UpdateJobOptions {
  std::optional<int> priority;
  std::optional<bool> is_preemptible;
  LabelChange labels;
  std::optional<std::int64_t> deadline_seconds;  // 0: none any more
  std::optional<std::int64_t> retention_days;    // 0: for ever
};

// Talks to one coordinator. Every call blocks for at most ten seconds, one that creates a job for
// 30; while the coordinator is unavailable a call is repeated for about three, which is safe for
// all of them. Any thread.
class Client {
 public:
  explicit Client(const Endpoint& endpoint);
  ~Client();

  Reply<JobView> CreateJob(const CreateJobOptions& options);
  // From that job's checkpoint, "latest", "best" or a step. Of the options `spec` and `resume_from`
  // do not count: they are those of the job.
  Reply<JobView> ForkJob(const std::string& id, const std::string& checkpoint,
                         const CreateJobOptions& options);
  Reply<JobView> GetJob(const std::string& id);
  Reply<JobList> ListJobs(const JobSelection& selection);
  // Ascending. With the last lines of the rank that failed, of those that did, or without.
  Reply<std::vector<AttemptView>> ListJobAttempts(const std::string& id,
                                                  bool with_log_tails = false);
  Reply<JobView> CancelJob(const std::string& id);
  // All of them or none; or those for which the filter holds and that are not at their end. Without
  // their specs.
  Reply<std::vector<JobView>> CancelJobs(const std::vector<std::string>& ids,
                                         const std::string& filter);
  Reply<JobView> SuspendJob(const std::string& id);
  Reply<JobView> ResumeJob(const std::string& id);
  Reply<JobView> StopJob(const std::string& id);
  Reply<JobView> CheckpointJob(const std::string& id);
  Reply<JobView> UpdateJob(const std::string& id, const UpdateJobOptions& options);
  std::optional<ApiError> DeleteJob(const std::string& id, bool keeps_checkpoints);
  Reply<std::vector<JobEventView>> ListJobEvents(const std::string& id);  // oldest first
  Reply<MetricCurves> QueryMetrics(const std::string& id, const std::vector<std::string>& names,
                                   std::int64_t first_step);
  Reply<std::vector<CheckpointView>> ListCheckpoints(const std::string& id);
  Reply<ClusterView> GetClusterStatus();

  // One stream of a job's versions.
  class Watch {
   public:
    virtual ~Watch() = default;
    // Blocks for the next version; false: the stream has ended.
    virtual bool Read(JobView& job) = 0;
    // After Read said false: the error, or nothing if the job is terminal.
    virtual std::optional<ApiError> Finish() = 0;
    virtual void Cancel() = 0;  // any thread; makes Read say false
  };
  // With the token of a version that was read before, first those in the states that it was in
  // since.
  std::unique_ptr<Watch> WatchJob(const std::string& id, const std::string& resume_token);

 private:
  struct Stubs;

  template <typename Method, typename Request>
  Reply<JobView> CallForJob(Method method, const Request& request, std::chrono::seconds time_max);
  template <typename Method, typename Request>
  Reply<JobView> CallForJob(Method method, const Request& request);

  const std::string address_;
  const std::unique_ptr<Stubs> stubs_;
};

}  // namespace descent
