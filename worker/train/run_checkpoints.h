#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/result.h"
#include "common/trace.h"
#include "common/worker_protocol.h"
#include "worker/checkpoint/model_description.h"
#include "worker/collective/collective.h"
#include "worker/kernels/thread_pool.h"
#include "worker/train/assignment.h"
#include "worker/train/checkpoint_saver.h"
#include "worker/train/progress_marker.h"
#include "worker/train/state_verifier.h"
#include "worker/train/train_state.h"

namespace descent {

// What depends on a save.
enum class SaveKind {
  kScheduled,  // it can wait: where the volume is short of space, the next one will do
  kAsked,      // it is tried whatever is to stay free, and training goes on without it
  kNeeded,     // the state would be lost, or a later step needs it: without it the attempt fails
};

// The checkpoints of an attempt: every rank calls the same functions in the same order, and rank 0
// writes. One thread.
//
// Rank 0 writes beside the steps (CheckpointSaver) and looks after each step whether it is done, to
// report it (FinishIfEnded). It waits for that before the next save, and whoever needs what was
// saved waits by Finish. Rank 0 alone knows the volume and what became of a write, so it decides
// what becomes of a save, and tells the others as the save begins: it takes all ranks.
class RunCheckpoints {
 public:
  struct Options {  // everything referred to outlives the object
    const Assign& assign;
    Collective& collective;
    TrainState& state;  // as it starts: its newest checkpoint is where it came from
    StateVerifier& verifier;
    AssignmentReporter& reporter;
    ThreadPool& pool;
    ProgressMarker& progress;  // is marked while a write is waited for
    ModelDescription model;
    std::function<CheckpointDescription()> describe;  // the state as it is
    std::function<void(std::string_view phase)> set_phase;
    std::function<void(WorkerMessage)> report;
    std::function<TraceTrack*()> trace;  // of this thread; null: nothing is recorded
  };

  explicit RunCheckpoints(Options options);

  // Requests to save and go on, equal on every rank: the newest that was heard in a step. It is
  // open until a checkpoint is begun.
  void HearRequest(std::int64_t number);
  bool has_open_request() const { return saved_request_ < heard_request_; }

  // All ranks compare their states; rank 0 begins to write. Does nothing if this state is saved, or
  // the save can wait and has to.
  Status Save(SaveKind kind);

  // Waits for what is being written, if there is something, and reports what became of it. A write
  // that fails ends the attempt where it is found, in the phase "checkpoint", unless it found no
  // space and training can go on without it.
  Status Finish();
  Status FinishIfEnded();  // the same, without waiting
  Status FinishOnAllRanks();

  // Rank 0, after the last save: the coordinator's word about it lets others go, which nothing that
  // is still to be written would remove.
  void RemoveLastSurplus() const;

  std::int64_t memory_bytes() const { return saver_ ? saver_->memory_bytes() : 0; }

 private:
  // What becomes of a save, as rank 0 tells it.
  enum class Decision : std::int64_t { kIsSaved, kSkip, kWrite };

  Result<Decision> Agree(SaveKind kind);
  Decision Decide(SaveKind kind);
  void ReportSkipped(std::int64_t step, const Status& why, std::int64_t request);

  const Options options_;
  std::int64_t heard_request_ = 0;
  std::int64_t saved_request_ = 0;  // the newest that a checkpoint was begun for
  // Of rank 0:
  std::int64_t saved_step_ = 0;  // steps done of the newest checkpoint that is saved or begun; or 0
  SaveKind kind_in_flight_ = SaveKind::kNeeded;
  std::optional<CheckpointSaver> saver_;
};

}  // namespace descent
