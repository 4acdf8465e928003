#include "launch/world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

#include "common/failpoint.h"
#include "common/log.h"
#include "launch/pool_processes.h"
#include "launch/rank_wrapper.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPollInterval{5};
// The processes around the ranks see the ends above and below them at once, and clean up.
constexpr std::chrono::milliseconds kCleanUpGrace{200};
// A process in a system call that cannot be interrupted, such as a dead network disk's.
constexpr std::chrono::seconds kKillWaitMax{10};

struct MpirunStart {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int input;
  int output;
  int output_reader;
  pid_t launcher;
};

// Between fork and exec only calls that are safe in a signal handler: another thread may have held
// any lock at the fork.
[[noreturn]] void BecomeMpirun(const MpirunStart& start) {
  setpgid(0, 0);
  // mpirun is told to end its ranks if nobody can tell it any more. The system may send the signal
  // once for each thread of the launcher, and after a second SIGTERM mpirun leaves without
  // cleaning.
  prctl(PR_SET_PDEATHSIG, kEndRanks);
  if (getppid() != start.launcher) _exit(kExecFailed);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  dup2(start.input, STDIN_FILENO);
  dup2(start.output, STDERR_FILENO);
  // With a reader of its own mpirun can write to the end, whoever reads it: it gives up without
  // cleaning when nobody does, as after a sudden end of the launcher.
  fcntl(start.output_reader, F_SETFD, 0);
  execve(start.arguments[0], start.arguments.data(), start.environment.data());
  _exit(kExecFailed);
}

// mpirun's connections to its hosts: one that is gone without a word is noticed about when the
// coordinator gives its ranks up (limits::kWorkerLease), not after the five minutes of Open MPI.
constexpr std::array<std::pair<const char*, const char*>, 3> kKeepalive = {{
    {"OMPI_MCA_oob_tcp_keepalive_time", "8"},
    {"OMPI_MCA_oob_tcp_keepalive_intvl", "2"},
    {"OMPI_MCA_oob_tcp_keepalive_probes", "4"},
}};

std::vector<std::string> EnvironmentWithPool(const std::string& pool) {
  const std::string name = std::string(kPoolVariable) + "=";
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with(name)) environment.emplace_back(*entry);
  environment.push_back(name + pool);
  for (const auto& [parameter, value] : kKeepalive)
    if (std::getenv(parameter) == nullptr)
      environment.push_back(std::string(parameter) + "=" + value);
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

Result<std::unique_ptr<World>> World::Start(std::vector<std::string> command,
                                            const std::string& pool) {
  // Orphans of the world come here instead of to the first process, which may not reap them.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  std::vector<std::string> environment = EnvironmentWithPool(pool);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Status(Code::kUnavailable, std::string("cannot make a pipe: ") + std::strerror(errno));
  const int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const MpirunStart start{Pointers(command), Pointers(environment), input, ends[1], ends[0],
                          getpid()};
  const pid_t pid = fork();
  if (pid == 0) BecomeMpirun(start);
  const int error = errno;
  close(input);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return Status(Code::kUnavailable, "cannot start " + command[0] + ": " + std::strerror(error));
  }
  setpgid(pid, pid);  // in both, so that the group is there for whoever comes first
  const int descriptor = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  return std::unique_ptr<World>(new World(pid, descriptor, ends[0], pool));  // NOLINT
}

World::World(pid_t mpirun, int mpirun_descriptor, int output, std::string pool)
    : mpirun_(mpirun),
      mpirun_descriptor_(mpirun_descriptor),
      pool_(std::move(pool)),
      start_(Clock::now()),
      output_(output, pool_) {}

World::~World() {
  Kill();
  if (mpirun_descriptor_ >= 0) close(mpirun_descriptor_);
}

WorldEnd World::Wait(const StopSignals& signals, const std::function<bool()>& is_recalled) {
  constexpr std::chrono::milliseconds kForever{-1};
  constexpr std::chrono::milliseconds kAskInterval{200};
  bool was_asked = false;
  bool was_recalled = false;
  while (!was_asked && !was_recalled && !mpirun_status_ && !output_.first_end()) {
    AwaitNews(&signals, is_recalled ? kAskInterval : kForever);
    was_asked = signals.Wait(std::chrono::milliseconds(0));
    was_recalled = is_recalled && is_recalled();
  }
  WorldEnd end{
      .was_asked_to_stop = was_asked,
      .was_recalled = was_recalled,
      .lived = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start_),
      .ranks_started = output_.ranks_started(),
      .said = output_.last_lines()};
  if (output_.first_end()) {
    end.cause = *output_.first_end();
  } else if (mpirun_status_) {
    const int status = *mpirun_status_;
    end.cause = {.pool = pool_,
                 .world_rank = -1,
                 .host = HostName(),
                 .pid = mpirun_,
                 .exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                 .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
  }
  return end;
}

// Blocks until the world writes, mpirun ends, a signal comes or the time is over.
void World::AwaitNews(const StopSignals* signals, std::chrono::milliseconds timeout) {
  std::array<pollfd, 3> wanted = {{
      {.fd = output_.descriptor(), .events = POLLIN, .revents = 0},
      {.fd = mpirun_status_ ? -1 : mpirun_descriptor_, .events = POLLIN, .revents = 0},
      {.fd = signals == nullptr ? -1 : signals->descriptor(), .events = POLLIN, .revents = 0},
  }};
  poll(wanted.data(), wanted.size(), static_cast<int>(timeout.count()));
  Reap();
  // Last: what mpirun wrote before it ended is there now.
  output_.Read();
}

void World::Reap() {
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
    if (pid == mpirun_) mpirun_status_ = status;
}

void World::Stop(const std::function<std::chrono::milliseconds()>& grace) {
  const auto start = Clock::now();
  RememberLeftovers();
  // mpirun passes it on to the processes around the ranks, on every host, and ends with the last
  // of them. Its own way to end them waits a second before it looks.
  if (!mpirun_status_) kill(mpirun_, kEndRanks);
  while (!mpirun_status_ && Clock::now() - start < grace()) AwaitNews(nullptr, kPollInterval);
  Kill();
}

void World::RememberLeftovers() {
  for (const PoolProcess& process : FindPoolProcesses(pool_)) {
    MpiLeftovers found = LeftoversOf(process.environment);
    if (!found.job_id.empty()) leftovers_.push_back(std::move(found));
  }
}

void World::Kill() {
  if (std::exchange(is_dead_, true)) return;
  const auto start = Clock::now();
  RememberLeftovers();
  DESCENT_FAILPOINT("launch.kill.before");
  if (!mpirun_status_) kill(mpirun_, SIGKILL);
  while (true) {
    AwaitNews(nullptr, kPollInterval);
    const std::vector<PoolProcess> left = FindPoolProcesses(pool_);
    if (left.empty() && mpirun_status_) break;
    const auto waited = Clock::now() - start;
    for (const PoolProcess& process : left)
      if (!process.is_rank_wrapper || waited > kCleanUpGrace) kill(process.pid, SIGKILL);
    if (waited < kKillWaitMax) continue;
    LogError("processes cannot be killed pool={} count={}", pool_, left.size());
    break;
  }
  DESCENT_FAILPOINT("launch.kill.after");
  for (const MpiLeftovers& leftovers : leftovers_) {
    RemoveSharedSegments(leftovers.job_id);
    RemoveSessionDirectory(leftovers.session_directory);
  }
  // With a rank that ended at once nobody may have been left to tell where it is.
  RemoveSessionDirectory(FindSessionDirectory(mpirun_));
  DESCENT_FAILPOINT("launch.cleaned.after");
}

}  // namespace descent
