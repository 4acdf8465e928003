#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/evaluation.h"
#include "common/gradient_noise.h"
#include "common/hash.h"
#include "common/job_spec.h"
#include "common/low_watermark.h"
#include "common/phase_times.h"
#include "common/shard_planner.h"

namespace descent {

// What workers and the coordinator say to each other, as plain values (docs/protocol.md). The wire
// form is proto/descent/v1/worker.proto. A generation is the number of an attempt: it grows for
// ever over all jobs, and both sides refuse a message of an older one.

// --- A worker says -------------------------------------------------------------------------------

// The newest assignment of a worker, running or ended, as it stands when a stream is opened.
struct HeldAssignment {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t step = 0;                // steps done
  std::optional<std::int64_t> granted;  // steps before it are granted; absent: none yet

  bool operator==(const HeldAssignment&) const = default;
};

// First message of a stream. A pool is one MPI world.
struct Register {
  std::string pool;  // unique to one mpirun
  int world_rank = 0;
  int world_size = 1;
  std::string host;
  std::int64_t pid = 0;
  std::string instruction_set;  // "avx512", "avx2", …
  std::string version;
  std::optional<HeldAssignment> held;  // a coordinator that was restarted may know it
  // Why it leaves, as in a Goodbye that found no stream; absent: it stays.
  std::optional<std::string> leaving = {};
  std::string only_job =
      {};  // of all ranks of the pool: it takes this job alone; empty: it takes any
};

// How far the threads that train have come within their phase: it tells a rank that waits for
// others from one that stands still.
struct RankProgress {
  double phase_age_seconds = 0;  // since the phase was entered
  // Grows with whatever they do: phases that they enter, collective calls that they enter and
  // leave, blocks that they evaluate. 0: of a worker that does not tell.
  std::int64_t moves = 0;
  // Collective calls that were entered in this assignment: a number is the same call on every rank.
  std::int64_t calls = 0;
  bool is_in_call = false;
  std::int64_t bucket = -1;  // that the call reduces; -1: it does something else
  bool is_saving = false;    // waits for a disk that a checkpoint is being written to

  bool operator==(const RankProgress&) const = default;
};

// What the process of a rank uses of its machine.
struct ResourceUse {
  double cpu_seconds = 0;  // user and system, of all its threads since it began
  std::int64_t resident_bytes = 0;
  int host_cpus = 0;  // 0: of a worker that does not tell
  std::int64_t host_memory_bytes = 0;
  double measured_at_seconds = 0;  // by a clock of the worker that only grows

  bool operator==(const ResourceUse&) const = default;
};

// Sent every limits::kHeartbeatInterval by a thread that does not train.
struct Heartbeat {
  std::string job;  // empty: idle
  std::int64_t generation = 0;
  std::int64_t step = 0;
  // "prepare", "load", "data", "compute", "reduce", "update", "exchange", "evaluate", "checkpoint",
  // "wait"
  std::string phase;
  PhaseTimes times;  // since the one before
  RankProgress progress;
  ResourceUse resources;
};

// The worker can start: communicator, data, plan and state are there.
struct Prepared {
  std::string job;
  std::int64_t generation = 0;
  int rank = 0;
  Digest dataset_fingerprint;
  std::int64_t train_samples = 0;
  std::int64_t parameter_count = 0;
  std::int64_t memory_bytes = 0;
  std::string instruction_set;
  Digest state_digest;
  std::int64_t start_step = 0;  // the next step to run: 0, or the checkpoint's step
};

// One finished step: reduced values, equal on every rank. Reported by rank 0 alone.
struct StepMetrics {
  std::int64_t step = 0;  // steps done after it: the first step reports 1
  std::int64_t epoch = 0;
  double loss = 0;       // mean over the samples of the global batch
  double grad_norm = 0;  // before clipping
  double lr = 0;
  std::int64_t samples = 0;
  double step_seconds = 0;
  std::optional<SmoothedNoise> noise;  // over the steps so far; of more than one logical worker
  std::optional<double> update_ratio;  // |change of the weights| / |weights|; of every tenth step
  std::optional<NonfiniteReport> nonfinite;  // of a step that made no update, for that reason
  // Of the parameters after it, where the ranks compared their states: they agree.
  std::optional<Digest> parameters_digest;
};

struct StepReports {
  std::string job;
  std::int64_t generation = 0;
  std::vector<StepMetrics> steps;  // ascending
};

enum class EvaluationSplit { kValidation, kTest };

// Exact over all samples of the split. Reported by rank 0 alone.
struct EvaluationReport {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t step = 0;
  EvaluationSplit split = EvaluationSplit::kValidation;
  EvaluationValues values;
};

// A checkpoint is published on disk. Reported by rank 0 alone.
struct CheckpointWritten {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t step = 0;
  std::int64_t epoch = 0;
  std::string directory;
  Digest state_digest;
  std::int64_t bytes = 0;
  std::int64_t request = 0;     // the newest SaveNow that was heard before; 0: none in this attempt
  double write_seconds = 0;     // that the files took, beside the steps
  double blocking_seconds = 0;  // that the steps waited for it
};

// A save that can wait was not made, or found no space when it was written: training goes on, and
// the next one is tried again. Reported by rank 0 alone.
struct CheckpointSkipped {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t step = 0;
  std::string message;       // what is free, and what it takes
  std::int64_t request = 0;  // the newest SaveNow that it was begun after; 0: none in this attempt
};

enum class EndOutcome {
  kCompleted,     // all granted steps are done and the last grant was final
  kStopped,       // a Stop was obeyed, on all ranks after the same step
  kStoppedEarly,  // the validation metric did not improve any more: spec.early_stopping
  kFailed,
};

// Every rank, once per assignment. The rank is free again after it.
struct AssignmentEnded {
  std::string job;
  std::int64_t generation = 0;
  int rank = 0;
  EndOutcome outcome = EndOutcome::kCompleted;
  std::int64_t step = 0;  // steps done
  Digest state_digest;    // of kCompleted and kStopped
  // Of kFailed:
  std::string
      reason;  // UpperCamelCase: "DataInvalid", "CheckpointCorrupt", "NonFiniteLoss", "PeerLost"
  std::string message;  // of kStoppedEarly too
  std::string phase;
  bool retryable = false;
  // Of "StateDiverged": those that have another state than most, ascending; all of them if nobody
  // can tell who is right.
  std::vector<int> diverged_ranks = {};
};

// The worker leaves on purpose (SIGTERM, Ctrl-C).
struct Goodbye {
  std::string reason;
};

using WorkerMessage = std::variant<Register, Heartbeat, Prepared, StepReports, EvaluationReport,
                                   CheckpointWritten, CheckpointSkipped, AssignmentEnded, Goodbye>;

// --- A launcher says ---------------------------------------------------------------------------

// How the process ended that took a world along. It comes before or after the streams of the world
// close: only the launcher knows the signal.
struct RankExit {
  std::string pool;
  int world_rank = -1;  // -1: mpirun itself
  std::string host;
  std::int64_t pid = 0;
  int exit_code = 0;
  int signal = 0;  // 0: it ended by itself, with exit_code
};

// --- The coordinator says ------------------------------------------------------------------------

// Prepare this job. Ranks are numbered by their place in world_ranks.
struct Assign {
  std::string job;
  std::int64_t generation = 0;
  int attempt = 1;
  JobSpec spec;
  std::vector<int> world_ranks;      // of the pool, ascending
  int rank = 0;                      // the receiver's
  std::string checkpoint_directory;  // of this job; every rank and the coordinator see it
  std::string start_checkpoint;      // directory of the checkpoint to load; empty: from scratch
  LowWatermark low_watermark = {};  // of the checkpoints' volume: saves that can wait leave it free
};

// All ranks agree: this is the rule for samples and schedules. Grants follow.
struct Begin {
  std::string job;
  std::int64_t generation = 0;
  ShardPlan shard_plan;
  std::int64_t total_steps = 0;  // what the learning-rate schedule spans
};

// Run the steps [first, last); after step last - 1 do what the flags say, in this order.
struct GrantSteps {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  bool evaluate = false;  // the validation split
  bool save_checkpoint = false;
  bool is_final = false;  // evaluate the test split, then end the assignment
};

enum class StopMode {
  kGraceful,  // at the next step boundary that all ranks reach together (docs/protocol.md)
  kFinal,     // gracefully; the state is the job's result: evaluate the test split, then end
  kAbort,     // drop the communicator now
};

struct Stop {
  std::string job;
  std::int64_t generation = 0;
  StopMode mode = StopMode::kGraceful;
};

// Save the state at the next step boundary that all ranks reach together, and go on.
struct SaveNow {
  std::string job;
  std::int64_t generation = 0;
  std::int64_t request = 0;  // its number in the attempt, from 1; said again it means the same save
};

// Another rank of this world leaves, and MPI's world ends with it: leave as after a SIGTERM.
struct Leave {
  std::string reason;
};

// What became of the only job of a pool. A job that is suspended may go on later, on other workers.
enum class JobOutcome { kSucceeded, kFailed, kCancelled, kSuspended };

// The only job of this worker's pool needs it no longer: leave. Its assignment has ended.
struct Dismiss {
  JobOutcome outcome = JobOutcome::kSucceeded;
};

// What the worker reported under this number, and before, is on disk.
struct Acknowledge {
  std::int64_t sequence = 0;
  // Of a CheckpointWritten: the steps of all checkpoints of the job that are on record now,
  // ascending. Others before the last of them are no longer wanted: their files may go.
  std::vector<std::int64_t> kept_checkpoints = {};
};

using CoordinatorMessage =
    std::variant<Assign, Begin, GrantSteps, Stop, Acknowledge, SaveNow, Leave, Dismiss>;

}  // namespace descent
