#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "common/worker_protocol.h"
#include "worker/train/step_requests.h"

namespace descent {

// What the coordinator allows one assignment to do: the link's thread puts messages in, the
// training thread takes them out. Thread-safe.
//
// How all ranks stop after the same step: every rank receives the same grants and the same Stop, in
// the same order. A rank that has steps left to run tells the others of a Stop within the next
// step's exchange, and all obey it together. A rank that has run all its grants may obey the
// coordinator's Stop alone, because the others have no further grants either. Its own wish to stop
// does not end its wait for grants: another rank may have some that it has yet to hear of, and then
// waits for it in a step. A request to save travels in the same way; a rank that has run all its
// grants leaves it.
class StepControl {
 public:
  // A coordinator that was restarted says again what the worker may know: a second Begin, and steps
  // that are granted already, are ignored.
  void PutBegin(const Begin& begin);
  void PutGrant(GrantSteps grant);
  std::optional<std::int64_t> granted() const;  // steps before it are granted; absent: none yet
  // The coordinator's: kGraceful or kFinal; of both, the latter.
  void RequestStop(StopMode mode);
  // This rank's own: all ranks stop gracefully after the next step, if there is one.
  void ProposeStop();
  // `number` grows from request to request; a coordinator that was restarted repeats the newest.
  void RequestCheckpoint(std::int64_t number);

  // Nothing more is to be waited for: the assignment is void. Calls on_abort at most once.
  void Abort();
  // `on_abort` runs in the thread that calls Abort, or here if that has happened already. It is
  // kept until it is replaced: pass an empty function before what it refers to is gone.
  void SetOnAbort(std::function<void()> on_abort);

  // Blocks. Empty: the coordinator's stop or an abort came first.
  std::optional<Begin> WaitForBegin();
  // Blocks. Empty: aborted, or there are no more grants and the coordinator asks to stop.
  std::optional<GrantSteps> WaitForGrant();

  bool has_begun() const;   // Begin has come: there is a state to save
  bool has_grants() const;  // WaitForGrant would not block, unless it is aborted
  StepRequests requests() const;
  bool is_aborted() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Begin> begin_;  // guarded by mutex_, as is all below
  std::deque<GrantSteps> grants_;
  std::optional<std::int64_t> granted_;
  StepRequests requests_;
  bool is_told_to_stop_ = false;  // by the coordinator
  bool is_aborted_ = false;
  std::function<void()> on_abort_;
};

}  // namespace descent
