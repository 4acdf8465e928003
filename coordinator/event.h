#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/worker_protocol.h"
#include "coordinator/cordons.h"
#include "coordinator/job.h"

namespace descent {

// Everything that can happen to the coordinator. The runtime posts events; State::Apply turns each
// into actions. No event carries a clock, a socket or a callback.

using SessionId = std::uint64_t;  // one stream of one worker; never used again
using Ticket = std::uint64_t;     // names the request that waits for an Answer

// Actors that are no token's name.
inline constexpr std::string_view kActorLocal = "local";  // somebody where no tokens are asked for
inline constexpr std::string_view kActorCoordinator = "coordinator";  // itself, or workers

// Who asked for something, and by which request.
struct Origin {
  std::string actor{kActorCoordinator};
  std::string request_id{};  // empty: it has none
};

struct EventTime {
  MonotonicTime monotonic;
  double wall = 0;  // seconds since the epoch, only for people to read
};

// After a restart, before any other event.
struct Restore {
  std::vector<Job> jobs;
  std::int64_t last_generation = 0;
  std::vector<CordonRecord> cordons;
};

// The spec is valid and has its defaults.
struct SubmitJob {
  Ticket ticket = 0;
  std::string job_id;      // unused so far, or the answer is kAlreadyExists
  std::string request_id;  // empty, or unique to this submission: a retry is answered with its job
  JobSpec spec;
  std::string owner;             // the name of the token that submits it
  int owner_live_jobs_max = 0;   // or the answer is kResourceExhausted; 0: any number
  std::string start_checkpoint;  // directory; empty: from scratch
  std::string forked_from;
  // Of the job that is forked: the bits go on only with equal instructions and data.
  std::string instruction_set;
  Digest dataset_fingerprint;
  int priority = kPriorityDefault;
  bool is_preemptible = false;
  bool is_suspended = false;  // until it is resumed
  JobLabels labels;           // valid
  Origin origin;
};

// What a user can ask of a job that exists.
enum class JobCommand {
  kCancel,
  kSuspend,
  kResume,
  kStop,        // end it now and keep what it has learned
  kCheckpoint,  // save its state now and go on
  kDelete,      // forget a job that is at its end
};

struct CommandJob {
  Ticket ticket = 0;
  std::string job_id;
  JobCommand command = JobCommand::kCancel;
  Origin origin;
};

// All of them or none: if one cannot be cancelled, the answer is why, with its job_id. Those that
// are being cancelled or were stay as they are.
struct CancelJobs {
  Ticket ticket = 0;
  std::vector<std::string> job_ids;
  bool passes_over_ended = false;  // also those that are gone
  Origin origin;
};

enum class WorkerCommand { kCordon, kUncordon, kDrain };

struct CommandWorker {
  Ticket ticket = 0;
  std::string pool;
  int world_rank = 0;
  WorkerCommand command = WorkerCommand::kCordon;
  Origin origin;
};

// Changes what may change after a job's creation; absent values stay.
struct UpdateJob {
  Ticket ticket = 0;
  std::string job_id;
  std::string etag;             // of the version that is meant; empty: whichever
  std::optional<int> priority;  // valid
  std::optional<bool> is_preemptible;
  LabelChange labels;  // valid; kInvalidArgument: the job would have too many
  std::optional<std::int64_t> deadline_seconds;  // valid; 0: none any more
  std::optional<std::int64_t> retention_days;    // valid; 0: for ever
  Origin origin;
};

// What can be asked of a checkpoint.
enum class CheckpointCommand {
  kPin,     // it stays until it is unpinned
  kUnpin,   // it stays as long as any other
  kDelete,  // it is off the record: its files are for whoever asked to remove
  // Somebody reads its files: it stays until every hold is released, or the coordinator ends.
  kHold,
  kRelease,
};

struct CommandCheckpoint {
  Ticket ticket = 0;
  std::string job_id;
  std::int64_t step = 0;
  CheckpointCommand command = CheckpointCommand::kPin;
  Origin origin = {};
  std::uint64_t hold = 0;  // of kHold, never used before, and of the kRelease that ends it
};

// A worker's stream says something. The first message of a session is its Register.
struct WorkerSaid {
  SessionId session = 0;
  WorkerMessage message;
  std::int64_t sequence = 0;  // of a report, which is acknowledged once it is on disk; 0: of others
};

// The stream is closed, for whatever reason.
struct WorkerGone {
  SessionId session = 0;
  std::string reason;
};

// A launcher says how the process ended that took its world along.
struct WorldEnded {
  RankExit exit;
};

// About once a second: leases, timeouts and back-off are looked at.
struct Tick {};

using Event = std::variant<Restore, SubmitJob, CommandJob, CancelJobs, UpdateJob, CommandCheckpoint,
                           CommandWorker, WorkerSaid, WorkerGone, WorldEnded, Tick>;

}  // namespace descent
