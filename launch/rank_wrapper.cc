#include "launch/rank_wrapper.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/failpoint.h"
#include "launch/leave_time.h"
#include "launch/mpi_leftovers.h"
#include "launch/pool_processes.h"
#include "launch/rank_report.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

// mpirun kills what still lives one second after its SIGTERM.
constexpr std::chrono::milliseconds kUrgentEndGrace{700};
constexpr std::chrono::minutes kLookEvery{1};
// A little more than its last output may take to be sent (worker/output_relay.h).
constexpr std::chrono::milliseconds kLastWordsMax{2000};
// No other use of it here: mpirun never sends it.
constexpr int kParentEnded = SIGHUP;

std::string EnvironmentValue(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

RankReport MakeReport() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  RankReport report;
  report.rank.pool = EnvironmentValue(kPoolVariable);
  report.rank.world_rank = std::atoi(EnvironmentValue("OMPI_COMM_WORLD_RANK").c_str());
  report.rank.host = host.data();
  return report;
}

MpiLeftovers OwnLeftovers() {
  std::string environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.append(*entry) += '\0';
  return LeftoversOf(environment);
}

void Tell(const RankReport& report) {
  const std::string line = FormatRankReport(report);
  // One write, so that nobody else's bytes come between; mpirun may be gone, and then so is who
  // would read it.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
}

[[noreturn]] void BecomeRank(std::vector<std::string>& arguments, pid_t wrapper) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != wrapper) _exit(kExecFailed);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(kEndRanks, SIG_IGN);  // mpirun sends it to the whole process group
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  std::fprintf(stderr, "error: cannot run %s: %s\n", pointers[0], std::strerror(errno));
  _exit(kExecFailed);
}

// Waits for the child and for those who want it to end.
class RankWatch {
 public:
  RankWatch(pid_t child, const sigset_t& signals, std::chrono::seconds leave_time)
      : child_(child), signals_(signals), leave_time_(leave_time) {}

  int WaitForEnd() {  // the wait status
    while (true) {
      int status = 0;
      if (waitpid(child_, &status, WNOHANG) == child_) return status;
      Answer(NextSignal(std::min(kill_at_, Clock::now() + kLookEvery)));
    }
  }

  // The process that sends the rank's last output outlives it, and comes here when the rank is
  // gone: whoever hears of the rank's end may end everything that is left.
  void WaitForLastWords() {
    const auto deadline = Clock::now() + kLastWordsMax;
    while (!is_hurried_ && Clock::now() < deadline) {
      const pid_t ended = waitpid(-1, nullptr, WNOHANG);
      if (ended < 0) return;
      if (ended == 0) is_hurried_ = IsUrgent(NextSignal(deadline));
    }
  }

 private:
  // One of the signals, or -1 when it is time to look at the clock.
  int NextSignal(Clock::time_point look_at) const {
    const auto left =
        std::max<std::chrono::nanoseconds>(look_at - Clock::now(), std::chrono::nanoseconds(0));
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec time = {.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
    return sigtimedwait(&signals_, nullptr, &time);
  }

  // This process is about to be killed, or has nobody to tell anything.
  static bool IsUrgent(int signal) {
    return signal == SIGTERM || signal == SIGINT || signal == kParentEnded;
  }

  void Answer(int signal) {
    is_hurried_ = is_hurried_ || IsUrgent(signal);
    const bool is_urgent = signal == SIGTERM || signal == SIGINT;
    if (is_urgent || signal == kEndRanks) {
      kill(child_, SIGTERM);
      kill_at_ = std::min(kill_at_, Clock::now() + (is_urgent ? Clock::duration(kUrgentEndGrace)
                                                              : Clock::duration(leave_time_)));
    }
    if (signal == kParentEnded || Clock::now() >= kill_at_) {
      kill(child_, SIGKILL);
      kill_at_ = Clock::time_point::max();
    }
  }

  const pid_t child_;
  const sigset_t& signals_;
  const std::chrono::seconds leave_time_;
  Clock::time_point kill_at_ = Clock::time_point::max();
  bool is_hurried_ = false;
};

// mpirun removes its session once all its ranks are gone. Where it is killed before it is through,
// and the launcher as well, nobody is left to do that but this process, which is none of mpirun's
// any more and waits for its end.
void LeaveCleaner(int parent_descriptor, const std::filesystem::path& session_directory) {
  if (parent_descriptor < 0 || session_directory.empty() || fork() != 0) return;
  setsid();
  // mpirun waits until nobody writes to it.
  dup2(parent_descriptor, STDIN_FILENO);
  close_range(STDIN_FILENO + 1, ~0U, 0);
  pollfd parent = {.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (poll(&parent, 1, -1) < 0 && errno == EINTR) {
  }
  RemoveSessionDirectory(session_directory);
  _exit(0);
}

}  // namespace

int RunRank(std::vector<std::string> arguments) {
  const pid_t parent = getppid();
  const int parent_descriptor = static_cast<int>(syscall(SYS_pidfd_open, parent, 0));
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, kEndRanks, kParentEnded})
    sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, kParentEnded);
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what the rank leaves behind comes here
  if (getppid() != parent) return kExecFailed;

  const pid_t wrapper = getpid();
  const pid_t child = fork();
  if (child < 0) {
    std::fprintf(stderr, "error: cannot start a rank: %s\n", std::strerror(errno));
    return kExecFailed;
  }
  if (child == 0) BecomeRank(arguments, wrapper);
  RankReport report = MakeReport();
  report.rank.pid = child;
  DESCENT_FAILPOINT("launch.rank.started");
  Tell(report);

  RankWatch watch(child, signals, RankLeaveTime(LeaveTimeoutIn(arguments)));
  const int status = watch.WaitForEnd();
  watch.WaitForLastWords();
  DESCENT_FAILPOINT("launch.rank.ended");
  const MpiLeftovers leftovers = OwnLeftovers();
  RemoveSharedSegments(leftovers.job_id);
  report.has_ended = true;
  report.rank.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  report.rank.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  Tell(report);
  DESCENT_FAILPOINT("launch.rank.told");
  LeaveCleaner(parent_descriptor, leftovers.session_directory);
  return report.rank.signal != 0 ? 128 + report.rank.signal : report.rank.exit_code;
}

}  // namespace descent
