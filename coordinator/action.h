#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/status.h"
#include "common/worker_protocol.h"
#include "coordinator/event.h"
#include "coordinator/job.h"

namespace descent {

// What the coordinator decided. The runtime performs the actions of one event in order: first all
// Store actions in one transaction, and only when that is durable the rest.

// The job as it is now, and the event that led to it when the state changed.
struct StoreJob {
  Job job;
  // "Created", "StateChanged", "Updated", "CheckpointWritten", "NonfiniteStep", "AttemptEnded", …;
  // empty: none.
  std::string event_type;
  std::string from_state;  // names of states; equal if it did not change
  std::string to_state;
  std::string reason;  // UpperCamelCase
  std::string message;
  Origin origin;  // who made it happen
};

// The job and its events are forgotten.
struct ForgetJob {
  std::string job_id;
};

// The generation counter must be durable before an Assign carries it.
struct StoreGeneration {
  std::int64_t generation = 0;
};

// Cordon::kNone: what was stored of that worker is forgotten.
struct StoreCordon {
  CordonRecord record;
};

// A change that stays on record beside the jobs' histories.
struct StoreAudit {
  std::string actor;    // as in Origin
  std::string type;     // "WorkerCordoned", "JobDeleted", …
  std::string subject;  // the resource's name
  std::string message;
};

struct MetricPoint {
  std::string name;  // "train/loss"
  std::int64_t step = 0;
  double value = 0;
};

// A step that is stored already is not stored again.
struct RecordMetrics {
  std::string job_id;
  std::vector<MetricPoint> points;
};

struct SendToWorker {
  SessionId session = 0;
  CoordinatorMessage message;
};

// End the worker's stream, telling it why; it is unknown from now on.
struct CloseSession {
  SessionId session = 0;
  std::string reason;
};

// The answer to SubmitJob, CommandJob, CancelJobs, UpdateJob, CommandCheckpoint and CommandWorker.
struct Answer {
  Ticket ticket = 0;
  Status status;
  std::string job_id;  // when ok, empty: of a worker or of several jobs; of CancelJobs when not ok
};

// Watchers of the job are to be told; sent for changes that need not be stored, such as progress.
struct NotifyWatchers {
  std::string job_id;
};

using Action = std::variant<StoreJob, ForgetJob, StoreGeneration, StoreCordon, StoreAudit,
                            RecordMetrics, SendToWorker, CloseSession, Answer, NotifyWatchers>;

}  // namespace descent
