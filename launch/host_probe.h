#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "launch/stop_signals.h"

namespace descent {

// What mpirun starts processes on other hosts with, by its options or the environment: a program
// and its first arguments. By default ssh, which here may ask nobody for a password.
std::vector<std::string> RemoteAgent(const std::vector<std::string>& mpirun_options);

// Whether mpirun needs no agent to start processes there. May wait for the name's address.
bool IsThisHost(const std::string& host);

// Can the programs of a pool be started on a host?
struct HostQuestion {
  std::vector<std::string> agent;     // see RemoteAgent
  std::vector<std::string> programs;  // paths there: a host may be up, and what they lie on not
};

// The question to one host. The agent hands the shell there a line that says a word if it can find
// them, and it is the word that counts: whoever reaps the agent, here or elsewhere, takes nothing
// away.
class HostProbe {
 public:
  // Starts the agent, which has to answer within `patience`.
  HostProbe(const HostQuestion& question, const std::string& host,
            std::chrono::milliseconds patience);
  ~HostProbe();  // kills it
  HostProbe(const HostProbe&) = delete;
  HostProbe& operator=(const HostProbe&) = delete;

  // Never blocks. Absent: not known yet. kUnavailable: the host does not answer; the message is the
  // last line that the agent wrote, or what else there is to say.
  std::optional<Status> Answer();

 private:
  void Start(std::vector<std::string> command);
  void Read();
  void End();

  const std::chrono::milliseconds patience_;
  const std::chrono::steady_clock::time_point start_;
  int agent_ = -1;   // a pidfd
  int output_ = -1;  // what the agent writes; -1: it has no more to say
  std::string said_;
  std::optional<Status> answer_;
};

// Asks all hosts at the same time, this one excepted, which is there. Blocks until each has
// answered, is given up, or a signal comes.
std::vector<Status> ProbeHosts(const HostQuestion& question, const std::vector<std::string>& hosts,
                               const StopSignals& signals);

// Asks hosts again and again. One thread.
class HostWatch {
 public:
  // First after one interval.
  HostWatch(HostQuestion question, std::vector<std::string> hosts, std::chrono::seconds interval);

  // One that has answered twice in a row: whoever is up for a moment may be about to go again. Or
  // nothing so far. Never blocks; asks when it is time to.
  std::optional<std::string> FindHostThatAnswers();

 private:
  const HostQuestion question_;
  const std::vector<std::string> hosts_;
  const std::chrono::seconds interval_;
  std::vector<bool> has_answered_;  // by host: when it was asked last
  std::chrono::steady_clock::time_point ask_at_;
  std::vector<std::unique_ptr<HostProbe>> probes_;  // by host; none: it is not time yet
};

}  // namespace descent
