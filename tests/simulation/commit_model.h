#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/simulation/checkpoint_disk.h"
#include "tests/simulation/simulated_coordinator.h"
#include "tests/simulation/simulated_gang.h"
#include "tests/simulation/simulated_rank.h"
#include "tests/simulation/simulation_checks.h"

namespace descent {

// How much may happen beside what the protocol itself does.
struct CommitBounds {
  int workers = 2;
  std::int64_t steps = 3;
  std::int64_t save_every = 2;
  int crashes = 1;   // of the coordinator, or of a rank, whose world ends with it
  int losses = 1;    // streams that break with all that is under way, and reports that come twice
  int requests = 0;  // a user suspends, stops, saves or cancels; a process is asked to leave
  int timeouts = 0;  // all deadlines pass, whatever is under way
};

// One job on one coordinator and one world, in which everything happens one by one, in an order
// that whoever drives it chooses. A value: each choice can be tried on a copy.
class CommitModel {
 public:
  enum class Kind {
    kHear,       // the coordinator, the next message of stream `a`, or its end
    kReceive,    // the rank, the same
    kEndCall,    // that all ranks of generation `a` have entered
    kLosePeers,  // rank `a` sees that others will not come
    kConnect,    // rank `a`
    kStart,      // the coordinator
    kKillWorld,  // the launcher, what is left
    kLaunch,     // and a world anew
    kResume,     // a user, a job that is suspended
    kWait,       // nothing else can happen before deadlines pass
    // Of these there are so many as CommitBounds says:
    kCrash,      // as it hears stream `a`, after `b` messages of what follows; below 0: before it
    kKillRank,   // rank `a`
    kBreak,      // stream `a`
    kHearTwice,  // as kHear, of a report
    kCommand,    // `a`: a JobCommand
    kLeave,      // rank `a`
    kTimeout,
  };
  struct Choice {
    Kind kind = Kind::kWait;
    std::int64_t a = 0;
    int b = 0;
  };

  explicit CommitModel(const CommitBounds& bounds);

  std::vector<Choice> Choices() const;
  void Take(const Choice& choice);
  std::string TextOf(const Choice& choice) const;  // before it is taken
  std::string Text() const;                        // equal for models that go on alike
  std::vector<std::string> Violations() const;

 private:
  struct Stream {
    SessionId session = 0;
    int world = 0;
    int rank = 0;
    bool is_heard = true;    // by the coordinator
    bool is_held = true;     // by the rank
    bool up_closes = false;  // after what is under way
    bool down_closes = false;
    std::deque<SimulatedRank::Said> up;
    std::deque<CoordinatorMessage> down;
  };
  struct Member {
    SimulatedRank rank;
    bool is_alive = true;
  };

  void AddProgress(std::vector<Choice>& choices) const;
  void AddGangs(std::vector<Choice>& choices) const;
  void AddFaults(std::vector<Choice>& choices) const;
  void AddRequests(std::vector<Choice>& choices) const;
  bool IsOver() const;  // the job

  EventTime Now() const { return {now_, 1}; }
  void Post(const Event& event);
  void Perform(const std::vector<Action>& actions);
  void Hear(std::int64_t session);
  void HearTwice(std::int64_t session);
  void Receive(std::int64_t session);
  void CrashNow();
  void Kill(std::size_t rank);
  void Launch();
  void Connect(std::size_t rank);
  void EndCall(std::int64_t generation);
  void GoOn(std::size_t rank);
  void PassTime();
  bool IsGone(std::size_t rank, std::int64_t generation) const;
  bool IsIn(std::size_t rank, std::int64_t generation) const;  // in a call
  Stream* Find(std::int64_t session);
  void Forget();  // streams that nobody holds
  std::string StateText() const;
  std::string NameOf(SessionId session) const;

  CommitBounds left_;  // of what is bounded
  SimulatedCoordinator coordinator_;
  SimulationChecks checks_;
  CheckpointDisk disk_;
  std::vector<Member> members_;  // of the present world
  std::vector<Stream> streams_;
  MonotonicTime now_;
  int world_ = 0;
  int waits_ = 0;         // in a row
  int crash_after_ = -1;  // messages of the event in hand; below 0: it does not crash
  SessionId last_session_ = 0;
};

}  // namespace descent
