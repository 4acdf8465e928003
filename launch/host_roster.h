#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/status.h"
#include "launch/host_file.h"

namespace descent {

// Which hosts of a pool its next world runs on: those that answer. Pure.
class HostRoster {
 public:
  // None: they are not known here, and none is ever left out.
  explicit HostRoster(std::vector<HostSlots> hosts) : hosts_(std::move(hosts)) {}

  // A host that is left out from now on, or that is back.
  struct Change {
    std::string host;
    Status answer;  // ok: it is back
  };

  // What all of names() answered, in that order. Where none of them is there all are tried again:
  // it may be this machine that reaches nobody, and mpirun says why.
  std::vector<Change> Take(const std::vector<Status>& answers);

  // As if they had not answered; not if that would leave none.
  void LeaveOut(const std::vector<std::string>& hosts);

  std::vector<std::string> names() const;     // of all hosts
  std::vector<std::string> left_out() const;  // of those without which the next world starts
  std::vector<HostSlots> present() const;     // the others

 private:
  const std::vector<HostSlots> hosts_;
  std::set<std::string> left_out_;
};

}  // namespace descent
