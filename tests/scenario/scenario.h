#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/state.h"
#include "tests/scenario/script.h"

namespace descent {

// A coordinator's State with a clock that stands still, and workers that say what a script makes
// them say. A worker answers for the assignment it received last unless told otherwise.
//
//   options [resize_interval=0] [min_runtime=0] [start_timeout=600] [keep_jobs=0]
//              seconds, keep_jobs in days; first of all
//   submit JOB workers=2|1..4 [steps=100] [epochs=] [global=100] [tail=keep] [stop_at=] [keep=2]
//              [evaluate_steps=] [evaluate_epochs=] [checkpoint_steps=] [validation=yes]
//              [restarts=5] [request=ID] [from=DIRECTORY] [priority=50] [preemptible=yes]
//              [label="KEY=VALUE"] [start_timeout=] [deadline=] [retention=DAYS]
//              [expired_checkpoints=delete]
//   cancel|suspend|resume|stop|delete|save_now JOB
//   cancel_jobs JOB… [ended=passed_over]
//   update JOB [priority=50] [preemptible=yes] [label="KEY=VALUE"] [unlabel=KEY]
//              [deadline=SECONDS] [retention=DAYS]
//   pin|unpin|forget_checkpoint JOB step=        hold|release JOB step= hold=NUMBER
//   dry_run JOB …               as submit: what would become of it
//   cordon|uncordon|drain RANK [pool=p]
//   register W… [pool=p] [rank=0: of the first] [of=COUNT] [host=h] [pid=100 + rank] [isa=avx2]
//              [only_job=JOB]
//              [holds=JOB generation=1 step=0 granted=STEP]   what a worker held before a restart
//   prepared W… [step=0] [samples=1000] [data=1] [parameters=10] [isa=avx2] [state=1]
//   heartbeat W… [step=0] [phase=compute] [moves=0: does not tell] [calls=0] [in_call=yes]
//              [bucket=] [saving=yes]
//   steps W FIRST..LAST [seconds=0.1: of a step]        "steps done": the first step reports 1
//              [parameters=: the last one's digest, on which all agree]
//   evaluated W [step=] [split=validation|test] [loss=1]
//   saved W [step=] [state=STEP] [request=0]      skipped W [step=] [message=] [request=0]
//   ended W… completed|stopped|failed [step=] [state=1] [reason=] [message=] [phase=compute]
//              [retryable=yes] [diverged=RANK|FIRST..LAST]
//   goodbye W… [reason=]        gone W… [reason=]
//   advance 16s [except W…]     ticks and heartbeats every second
//   restart                     the coordinator, from what it stored; all workers are detached
//   world_ended [pool=p] [rank=-1: mpirun] [host=h] [pid=99] [exit_code=0] [signal=0]
//   queue JOB · show JOB · conditions JOB · attempts JOB · pools · expired       what can be read
// Options of all that workers say of a job: job=, generation=. Of all that is asked for: by=NAME.
class Scenario {
 public:
  Scenario();

  // The lines for what the coordinator did or answered.
  std::vector<std::string> Run(const std::string& line);

 private:
  struct Worker {
    SessionId session = 0;
    Assign assign;        // the last one received
    Heartbeat heartbeat;  // repeated while time passes
  };
  using Lines = std::vector<std::string>;

  static void Append(Lines& lines, Lines more);
  Lines Post(const Event& event);
  Lines Say(const std::string& worker, WorkerMessage message);
  template <typename Message>
  Message About(const Command& command, const std::string& worker) const;

  Lines RunDryRun(const Command& command) const;
  Lines RunUpdate(const Command& command);
  // What workers say: scenario_workers.cc.
  Lines RunRegister(const Command& command);
  Lines RunForEachWorker(const Command& command);
  WorkerMessage MessageOf(const Command& command, const std::string& worker);
  Prepared PreparedOf(const Command& command, const std::string& worker) const;
  AssignmentEnded EndedOf(const Command& command, const std::string& worker) const;
  Lines RunSteps(const Command& command);
  Lines RunAdvance(const Command& command);
  Lines RunWorldEnded(const Command& command);
  Lines RunOptions(const Command& command);
  Lines RunRestart();
  Lines RunRead(const Command& command) const;
  Lines ReadExpired() const;
  std::string Show(const Job& job) const;

  StateOptions options_{.checkpoint_root = "/checkpoints"};
  std::unique_ptr<State> state_;
  EventTime now_;
  SessionId last_session_ = 0;
  std::map<SessionId, std::string> names_;
  std::map<std::string, Worker> workers_;  // attached ones
  std::map<std::string, Job> stored_;      // what a restart finds
  std::int64_t stored_generation_ = 0;
  std::map<std::pair<std::string, int>, CordonRecord> stored_cordons_;  // by pool and world rank
};

}  // namespace descent
