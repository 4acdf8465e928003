#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/evaluation.h"
#include "common/gradient_noise.h"
#include "common/hash.h"
#include "common/job_spec.h"
#include "common/status.h"
#include "coordinator/job_labels.h"

namespace descent {

inline constexpr int kPriorityDefault = 50;
inline constexpr int kPriorityMax = 100;

enum class JobState {
  kQueued,
  kStarting,  // a gang is reserved and prepares
  kRunning,
  kRecovering,  // an attempt ended badly; the next one waits for ranks
  kCancelling,  // waits until every rank is released
  kSuspending,  // its ranks save the state and are released; then it is SUSPENDED, or QUEUED again
  kSuspended,   // holds no ranks until it is resumed
  kStopping,    // its ranks save the state, which is the job's result
  kSucceeded,
  kFailed,
  kCancelled,
};

bool IsTerminal(JobState state);
bool IsWaiting(JobState state);                 // for ranks
bool IsEnding(JobState state);                  // its ranks have been told to stop
bool IsActive(JobState state);                  // its time counts for the job's deadline
std::string_view JobStateName(JobState state);  // "RUNNING"
std::optional<JobState> JobStateFromName(std::string_view name);

struct CheckpointRecord {
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  std::string directory;
  Digest state_digest;
  std::int64_t bytes = 0;
  double create_time = 0;       // seconds since the epoch, wall clock
  EvaluationValues validation;  // of this very state; empty if it was not evaluated
  bool is_pinned = false;       // stays until it is unpinned
};

// A step after which all ranks compared their states, and agreed.
struct VerifiedStep {
  std::int64_t step = 0;
  Digest parameters_digest;
};

// So many of them a job remembers, the newest: enough to compare the last ones with, and little
// beside what else its record holds.
inline constexpr std::size_t kVerifiedStepsKept = 20;

// Steps that made no update because their loss or gradient was not finite.
struct NonfiniteSteps {
  std::int64_t count = 0;
  std::int64_t last_step = 0;  // steps done after the last of them
  std::string last_message;
};

// Saves that were skipped since the newest checkpoint, because its volume is short of space.
struct SkippedSaves {
  std::int64_t count = 0;
  std::int64_t last_step = 0;
  std::string last_message;  // what is free, and what it takes
  double first_time = 0;     // seconds since the epoch, wall clock
};

struct FailureRecord {
  std::string reason;  // UpperCamelCase
  std::string message;
  int rank = -1;  // -1: no rank is to blame
  std::string host;
  std::int64_t step = 0;
  std::string phase;
  int exit_code = 0;  // of the process that ended, if a launcher told
  int signal = 0;     // that ended it; 0: none, or not known
  // Of ranks that failed after it, in that order; at most limits::kSecondaryFailuresMax.
  std::vector<FailureRecord> secondary = {};
};

struct AttemptRecord {
  int attempt = 0;  // 1 is the first
  std::int64_t generation = 0;
  std::int64_t start_step = 0;
  std::vector<std::string> workers;  // "HOST/WORLD_RANK", by rank
  double start_time = 0;             // seconds since the epoch, wall clock
  double begin_time = 0;             // when all of them were ready; 0: not yet
  // By which its ranks are known again after a restart of the coordinator:
  std::string pool;
  std::vector<int> world_ranks;  // by rank
  bool starts_from_own_checkpoint = false;
  std::int64_t save_requests = 0;         // how often its ranks were asked to save and go on
  std::int64_t save_requests_done = 0;    // up to which of these they have
  std::int64_t save_requests_failed = 0;  // and up to which they found no space
  // Of one that has ended:
  double end_time = 0;  // 0: it goes on
  std::int64_t end_step = 0;
  std::string end_reason;  // UpperCamelCase
  std::string end_message;
  std::optional<FailureRecord> failure;
};

// The newest evaluation of the validation split.
struct ValidationRecord {
  std::int64_t step = 0;
  EvaluationValues values;
};

// Reasons of a job that is SUSPENDING and goes back into the queue by itself.
inline constexpr std::string_view kPreempted = "Preempted";
inline constexpr std::string_view kDrained = "Drained";
inline constexpr std::string_view kWorkerLeaving = "WorkerLeaving";
inline constexpr std::string_view kResizing = "Resizing";  // it starts again on other ranks at once

// Reason of a job that is SUSPENDING, and then FAILED, because its deadline is over. One whose
// deadline is moved in between is QUEUED.
inline constexpr std::string_view kDeadlineExceeded = "DeadlineExceeded";

// Message of a job that was created SUSPENDED.
inline constexpr char kSuspendedFromTheStart[] = "waits for nothing until it is resumed";

// Reason of a rank that found no space for a state that it had to save.
inline constexpr std::string_view kDiskFull = "DiskFull";

// Reason of the end of an attempt that was kResizing, and of the job until the next begins.
inline constexpr std::string_view kResized = "Resized";

// Reason of a job that is FAILED because its record in the store cannot be read. What stands for it
// is never stored: the record stays as it is.
inline constexpr std::string_view kRecordUnreadable = "RecordUnreadable";

// Everything the coordinator knows of one job that survives its restart.
struct Job {
  std::string id;  // "fashion-mlp-7k2qd"; the resource name is "jobs/" + id
  JobSpec spec;    // with defaults filled in
  JobState state = JobState::kQueued;
  std::string state_reason;
  std::string state_message;
  std::string request_id;
  std::string owner;                // the name of the token that submitted it; empty: nobody's
  std::int64_t sequence = 0;        // order of creation, 1 is the first
  int priority = kPriorityDefault;  // 0 to kPriorityMax; higher is served first
  bool is_preemptible = false;      // gives its ranks to jobs of higher priority that wait
  JobLabels labels;
  std::int64_t deadline_seconds =
      0;                      // of its active time; 0: none. The spec's, until it is changed
  RetentionSpec retention;    // the same
  std::int64_t revision = 0;  // grows with its state and with what users change

  double active_seconds = 0;  // in which it was IsActive, in all, up to active_until
  double active_until = 0;    // seconds since the epoch, wall clock; 0: it is not active

  AttemptRecord attempt;  // the current or last one; attempt.attempt 0: none yet
  std::vector<AttemptRecord> earlier_attempts;  // ascending; the last limits::kAttemptsKept
  int attempts_without_progress = 0;            // consecutive ones that committed no new step
  std::optional<FailureRecord> failure;

  std::int64_t train_samples = 0;  // 0: not known yet
  std::int64_t parameter_count = 0;
  std::string instruction_set;
  Digest dataset_fingerprint;
  std::string coordinator_version;  // of the current or last attempt
  std::string worker_version;       // all of its workers'
  std::int64_t step = 0;            // steps done, as last reported
  std::int64_t epoch = 0;
  double samples_per_second = 0;
  double steps_per_second = 0;
  double median_step_seconds = 0;  // of the current or last attempt; 0: not known yet
  double last_step_seconds = 0;
  double last_step_time = 0;  // when a step was last reported, seconds since the epoch; 0: none yet
  std::map<std::string, double> latest_metrics;
  std::optional<ValidationRecord> validation;
  SmoothedNoise gradient_noise;  // as of `step`
  NonfiniteSteps nonfinite_steps;
  SkippedSaves skipped_saves;          // count 0: the last save was written
  double checkpoint_healthy_time = 0;  // since when they are; 0: none was written yet

  std::vector<CheckpointRecord> checkpoints;  // ascending by step; those retention keeps
  std::vector<VerifiedStep> verified_steps;   // ascending; the last kVerifiedStepsKept
  std::optional<Digest> state_digest;         // of the final state
  std::string start_checkpoint;               // directory given by resume_from; empty: from scratch
  std::string forked_from;                    // its resource name

  double create_time = 0;  // seconds since the epoch, wall clock; 0: not yet
  double start_time = 0;
  double end_time = 0;
};

// 32 hex digits that no other job has or ever gets, whatever its name. Empty: it was not created.
std::string UidOf(const Job& job);

// It is SUSPENDING and goes back into the queue once its ranks have stopped.
bool IsGivingWay(const Job& job);

// Names the version of its state and of what users may change. Empty as above.
std::string EtagOf(const Job& job);

// kAborted: the etag is not the job's. An empty one is any job's.
Status CheckEtag(const Job& job, const std::string& etag);

// The best of the kept checkpoints by the spec's checkpoint.best; of equal ones the first. Null:
// none was evaluated.
const CheckpointRecord* FindBestCheckpoint(const Job& job);

}  // namespace descent
