#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/job_spec.h"
#include "common/log_line.h"

namespace descent {

// The resources of the user API as plain values. `json` is the whole message as proto3 JSON with
// the schema's field names, which is what `-o json` prints. Times are seconds since the epoch.

struct CheckpointView {
  std::string name;  // "jobs/{job}/checkpoints/{step}"
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  std::string directory;
  std::string state_digest;
  std::int64_t bytes = 0;
  double create_time = 0;
  std::map<std::string, double> validation;  // "loss", …; empty if it was not evaluated
  std::vector<std::string> aliases;          // "latest", "best"
  bool is_pinned = false;
  std::vector<std::string> kept_because;  // "latest", "keep_last", "pinned", …
  std::vector<std::string> files;
  std::string json;
};

struct FailureView {
  std::string reason;
  std::string message;
  int rank = -1;  // -1: no rank is to blame
  std::string host;
  std::int64_t step = 0;
  std::string phase;
  int exit_code = 0;
  int signal = 0;                           // 0: none, or not known
  std::vector<LogLine> log_tail;            // the rank's last lines; only where they were asked for
  std::vector<FailureView> secondary = {};  // of ranks that failed after it, in that order
};

struct AttemptView {
  int attempt = 0;
  std::int64_t start_step = 0;
  std::string start_checkpoint;      // "jobs/{job}/checkpoints/{step}"; empty: from scratch
  std::vector<std::string> workers;  // "HOST/WORLD_RANK", by rank
  double start_time = 0;
  double end_time = 0;  // 0: it goes on
  std::int64_t end_step = 0;
  std::string end_reason;
  std::string end_message;
  std::optional<FailureView> failure;
  std::string json;
};

struct JobEventView {
  std::int64_t sequence = 0;
  double time = 0;
  std::string type;
  std::string from_state;  // equal to to_state if it did not change
  std::string to_state;
  std::string reason;
  std::string message;
  std::string actor;  // a token's name, "local" or "coordinator"; empty: not known
  std::string json;
};

// One thing that holds of a job, or does not.
struct ConditionView {
  std::string type;    // "QuotaReserved"
  std::string status;  // "TRUE", "FALSE" or "UNKNOWN"
  std::string reason;
  std::string message;
  double last_transition_time = 0;
};

struct ProgressView {
  std::int64_t step = 0;
  std::int64_t last_step = 0;  // 0: not known yet
  std::int64_t epoch = 0;
  double fraction = 0;
  double remaining_seconds = 0;  // 0: not known
  double samples_per_second = 0;
  double steps_per_second = 0;
  double tokens_per_second = 0;    // 0: not a model of tokens
  double median_step_seconds = 0;  // 0: not known yet
  double last_step_seconds = 0;
};

// What a result depends on besides the spec; empty: not known yet.
struct ProvenanceView {
  std::string coordinator_version;
  std::string worker_version;
  std::string dataset_fingerprint;
};

// A step after which all workers compared their states, and agreed.
struct VerifiedStepView {
  std::int64_t step = 0;
  std::string parameters_digest;
};

struct JobView {
  std::string id;  // "fashion-mlp-7k2qd"
  std::string uid;
  JobSpec spec;
  std::string spec_sha256;
  std::string state;  // "RUNNING"; a state that this program does not know is not terminal
  std::string state_reason;
  std::string state_message;
  std::vector<ConditionView> conditions;
  int priority = 0;
  bool is_preemptible = false;
  int queue_position = 0;  // 0: not in the queue
  std::string queue_message;
  std::vector<std::string> blocking_jobs;  // that hold the workers it waits for
  double estimated_start_time = 0;         // 0: nobody can tell
  ProgressView progress;
  int attempt = 0;  // 0: none yet
  std::int64_t attempt_start_step = 0;
  std::int64_t save_requests = 0;  // of this attempt: how often it was asked to save and go on
  std::int64_t save_requests_done = 0;
  std::int64_t save_requests_failed = 0;
  std::vector<std::string> workers;  // of the current or last attempt
  std::optional<FailureView> failure;
  std::optional<CheckpointView> latest_checkpoint;
  std::optional<CheckpointView> best_checkpoint;
  std::string batch_advice;          // empty: not known yet
  std::int64_t nonfinite_steps = 0;  // skipped or rolled back
  std::string last_nonfinite_step;   // what was not finite in the last of them
  std::map<std::string, double> latest_metrics;
  std::string state_digest;
  std::vector<VerifiedStepView> verified_steps;  // the last of them, ascending
  std::map<std::string, std::string> labels;
  std::string owner;                  // empty: nobody's
  std::int64_t deadline_seconds = 0;  // of its active time; 0: none
  double active_seconds = 0;
  std::optional<std::int64_t> retention_days;  // 0: for ever; absent: the coordinator says it
  std::string forked_from;
  std::string request_id;
  std::int64_t parameter_count = 0;
  std::int64_t train_samples = 0;
  std::string instruction_set;
  ProvenanceView provenance;
  double create_time = 0;
  double start_time = 0;  // 0: not yet
  double end_time = 0;
  std::string resume_token;  // of one that was watched
  std::string json;

  bool IsTerminal() const {
    return state == "SUCCEEDED" || state == "FAILED" || state == "CANCELLED";
  }
};

// Of the values that a mean is made of.
struct MetricSpreadView {
  double min = 0;
  double max = 0;
  std::int64_t count = 0;
};

struct MetricPointView {
  std::int64_t step = 0;
  double value = 0;
  std::optional<MetricSpreadView> spread = std::nullopt;  // of a mean that has values
  std::optional<double> x = std::nullopt;  // on another axis than the step, where it is known
};
using MetricCurves = std::map<std::string, std::vector<MetricPointView>>;  // by step, ascending

// One curve as it was asked for.
struct MetricSeriesView {
  std::string name;
  std::vector<MetricPointView> points;
  std::int64_t bucket_steps = 1;  // > 1: points are means over this many steps
  std::string job = "";           // its id; empty: that of the only one that was asked for
};

struct MetricSeriesList {
  std::vector<MetricSeriesView> series;
  std::string json;
};

struct MetricSummaryView {
  std::string name;
  std::int64_t points = 0;
  MetricPointView last;
  std::optional<MetricPointView> min, max;  // absent: no value is a number
};

struct MetricSummaries {
  std::vector<MetricSummaryView> metrics;
  std::string json;
};

struct ComparedJobView {
  std::string id;
  std::string state;
  std::vector<MetricSummaryView> metrics;
};

struct DifferingFieldView {
  std::string field;
  std::vector<std::string> values;  // of each job, as JSON; empty: it does not have the field
};

struct ComparisonView {
  std::vector<ComparedJobView> jobs;
  std::vector<DifferingFieldView> differences;
  std::string json;
};

struct WorkerView {
  std::string name;  // "pools/{pool}/workers/{world rank}"
  std::string pool;
  std::string host;
  int world_rank = 0;
  std::int64_t pid = 0;
  std::string state;  // "READY"
  std::string job;    // empty: idle
  std::string instruction_set;
  double heartbeat_age_seconds = 0;
  std::string phase;
  std::int64_t step = 0;
  std::optional<double> own_step_seconds;  // without waiting for others; absent: not known yet
  std::string slot;                        // "cpu:0"
  std::string device;                      // "cpu"
  std::optional<double> cpu_utilization;   // of its threads, 0 to 1; absent: not known yet
  std::int64_t resident_bytes = 0;
  std::int64_t host_memory_bytes = 0;  // 0, as above: the worker does not tell
  std::string json;
};

struct PoolView {
  std::string name;
  int world_size = 0;
  int free = 0;
  bool is_ready = false;
  std::string only_job;             // it takes this one alone; empty: it takes any
  std::vector<WorkerView> workers;  // by world rank
  std::string json;
};

struct ClusterView {
  std::string version;
  std::string http_address;
  double uptime_seconds = 0;
  std::map<std::string, int> jobs;  // by state
  std::vector<PoolView> pools;
  std::string json;
};

struct ServerInfoView {
  std::string version;
  double start_time = 0;
  std::string state_directory;
  std::string checkpoint_root;
  std::string http_address;
  bool requires_tokens = false;
  std::string json;
};

// A change to workers, tokens or the list of jobs, and who made it.
struct AuditEventView {
  double time = 0;
  std::string actor;  // as of a JobEventView
  std::string type;   // "WorkerDrained", …
  std::string subject;
  std::string message;
  std::string json;
};

struct StateBackupView {
  std::string name;
  std::string directory;  // on the coordinator's machine
  std::int64_t bytes = 0;
  int jobs = 0;
  std::string json;
};

}  // namespace descent
