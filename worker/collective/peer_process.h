#pragma once

#include <sys/types.h>

namespace descent {

// Another process of this machine, watched for its end without a word from it.
class PeerProcess {
 public:
  explicit PeerProcess(pid_t pid);
  ~PeerProcess();
  PeerProcess(PeerProcess&& other) noexcept;
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  // Also if nobody has collected its exit status yet. False if the system cannot tell.
  bool HasEnded() const;

 private:
  int descriptor_ = -1;  // a pidfd: stays with the process even if its number is used again
  bool was_gone_ = false;
};

}  // namespace descent
