#include "launch/stop_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>

#include "common/check.h"

namespace descent {

StopSignals::StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  DESCENT_CHECK(descriptor_ >= 0);
}

StopSignals::~StopSignals() { close(descriptor_); }

bool StopSignals::Wait(std::chrono::milliseconds timeout) const {
  pollfd wanted = {.fd = descriptor_, .events = POLLIN, .revents = 0};
  int count = 0;
  do {
    count = poll(&wanted, 1, static_cast<int>(timeout.count()));
  } while (count < 0 && errno == EINTR);
  return count > 0;
}

bool StopSignals::Take() const {
  bool has_come = false;
  signalfd_siginfo one{};
  while (read(descriptor_, &one, sizeof(one)) == ssize_t{sizeof(one)}) has_come = true;
  return has_come;
}

}  // namespace descent
