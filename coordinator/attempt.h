#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/worker_protocol.h"
#include "coordinator/event.h"
#include "coordinator/grant_planner.h"
#include "coordinator/job.h"
#include "coordinator/membership.h"
#include "coordinator/standing.h"

namespace descent {

inline constexpr SessionId kDetached = 0;

// One rank of a gang, from its Assign to its release.
struct Member {
  SessionId session = 0;  // kDetached: it has not come back since the coordinator was restarted
  std::string name;       // "rank 2 (host/5, pid 4711)"
  std::string host;
  int world_rank = 0;
  std::optional<Prepared> prepared;
  std::optional<AssignmentEnded> ended;
  bool is_gone = false;  // its stream closed before it ended
  Standing standing;     // while its session is there

  bool is_released() const { return is_gone || ended.has_value(); }
  bool is_detached() const { return session == kDetached && !is_gone; }
};

// Why an attempt does not reach its end.
struct AttemptFailure {
  FailureRecord record;
  bool is_retryable = false;

  // A rank that only saw others disappear, or was told to stop, is not the cause.
  bool is_secondary() const { return record.reason == "PeerLost" || record.reason == "Aborted"; }
};

// One gang's try at a job, while any of its ranks is held. After a restart of the coordinator one
// that ran is made again from its record, and waits until its ranks have come back.
struct Attempt {
  std::string job_id;
  std::int64_t generation = 0;
  std::string pool;
  std::vector<Member> members;  // by rank
  bool starts_from_own_checkpoint = false;
  std::optional<std::int64_t> expected_start;  // the step to start from; absent: not known here

  std::optional<GrantPlanner> planner;  // once it runs
  MonotonicTime runs_since;             // once it runs; since it reattached, if it has
  std::optional<std::int64_t> granted;  // while it reattaches: what every member has at least
  std::int64_t granted_most = 0;        // and what one of them has at most
  std::int64_t done_step = 0;           // as reported in this attempt
  double steps_per_second = 0;          // smoothed; 0: not known yet
  double samples_per_second = 0;
  std::deque<double> recent_step_seconds;  // of the last steps, in their order

  std::optional<AttemptFailure> failure;
  std::optional<StopMode> stop;           // what the members were told last
  std::optional<MonotonicTime> deadline;  // of the start, or for obeying the stop

  Member* FindMember(SessionId session);  // null: not of this attempt, or released
  Member* FindDetached(int world_rank);   // null: no member that has yet to come back
  bool IsReattaching() const;             // some member has yet to come back
  int RankOf(const Member& member) const;
  bool AllPrepared() const;
  bool AllReleased() const;

  // Keeps the first failure that names a cause; a secondary one only until such a cause is known.
  // The others go with it, but for ranks that only did what they were told.
  void Fail(AttemptFailure failure);

  // Smooths the pace over about five seconds of steps.
  void MeasurePace(const std::vector<StepMetrics>& steps);
  double MedianStepSeconds() const;  // of the last hundred or so; 0: not known yet
};

// How long the ranks of a job in that state may take to obey a stop. A graceful one waits for the
// current step, and unless the job is cancelled its state is saved.
std::chrono::seconds StopTimeout(StopMode mode, JobState state);

// The first thing that the prepared members do not agree on, blaming a rank of the minority.
// Empty: they agree, and may start. All are prepared.
std::optional<FailureRecord> FindDisagreement(const std::vector<Member>& members);

// The same for the final state's digest. All have ended.
std::optional<FailureRecord> FindDivergence(const std::vector<Member>& members);

// What two attempts of a job must have in common, beside what FindDisagreement looks at: the data
// and instruction set of earlier attempts, and the step of the checkpoint it was told to load.
std::optional<FailureRecord> FindChange(const Job& job, const Attempt& attempt);

// A worker was lost: what to tell of it, from what it said last.
FailureRecord DescribeLoss(const Attempt& attempt, const Member& member, const WorkerView& worker,
                           const std::string& reason);

// The members that are not prepared after so long, each with the phase it was last seen in, and
// what to do if that is how long it takes.
FailureRecord DescribeStartTimeout(const Attempt& attempt, const Membership& membership,
                                   std::chrono::seconds timeout);

}  // namespace descent
