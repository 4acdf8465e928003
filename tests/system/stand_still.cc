// Makes the first thread of a process stand still while its other threads go on, which no signal
// can do:
//   stand_still PID
// Prints a line once the thread stands still. It does so until its process ends; then this program
// ends too, with 0. If this program is killed, the thread goes on.

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

int Fail(const char* what) {
  std::fprintf(stderr, "error: %s: %s\n", what, std::strerror(errno));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const pid_t pid = static_cast<pid_t>(std::strtol(argv[1], nullptr, 10));
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return Fail("ptrace: seize");
  if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) return Fail("ptrace: interrupt");
  int status = 0;
  if (waitpid(pid, &status, __WALL) != pid) return Fail("waitpid");
  if (WIFSTOPPED(status)) {
    std::puts("stands still");
    std::fflush(stdout);
  }
  // Whoever traces a thread is the first to hear of its end, and its parent only then.
  while (!WIFEXITED(status) && !WIFSIGNALED(status))
    if (waitpid(pid, &status, __WALL) != pid) return Fail("waitpid");
  return 0;
}
