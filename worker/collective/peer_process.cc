#include "worker/collective/peer_process.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace descent {

PeerProcess::PeerProcess(pid_t pid) {
  descriptor_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  was_gone_ = descriptor_ < 0 && errno == ESRCH;
}

PeerProcess::~PeerProcess() {
  if (descriptor_ >= 0) close(descriptor_);
}

PeerProcess::PeerProcess(PeerProcess&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), was_gone_(other.was_gone_) {}

bool PeerProcess::HasEnded() const {
  if (descriptor_ < 0) return was_gone_;
  pollfd request{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return poll(&request, 1, 0) == 1;
}

}  // namespace descent
