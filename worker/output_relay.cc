#include "worker/output_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "common/log.h"
#include "worker/log_link.h"
#include "worker/output_reader.h"

namespace descent {
namespace {

constexpr std::string_view kName = "descent-output";  // 15 bytes are shown by some
constexpr std::chrono::milliseconds kAnswerMax = limits::kLogFlushMax + std::chrono::seconds(1);
constexpr std::array<int, 2> kStreams = {STDOUT_FILENO, STDERR_FILENO};

// All descriptors are closed where a program is executed.
struct Plumbing {
  std::array<std::array<int, 2>, 2> pipes{{{-1, -1}, {-1, -1}}};  // the reading end first
  std::array<int, 2> control{-1, -1};                             // the worker's end first
  std::array<int, 2> originals{-1, -1};  // the worker's copies of its streams
  std::atomic<std::int64_t>* step = nullptr;

  void Close() const {
    for (const std::array<int, 2>& ends : {pipes[0], pipes[1], control, originals})
      for (const int end : ends)
        if (end >= 0) close(end);
    if (step != nullptr) munmap(step, sizeof(*step));
  }
};

bool Lay(Plumbing& plumbing) {
  for (std::array<int, 2>& ends : plumbing.pipes)
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, plumbing.control.data()) != 0)
    return false;
  for (std::size_t i = 0; i < kStreams.size(); ++i) {
    plumbing.originals[i] = fcntl(kStreams[i], F_DUPFD_CLOEXEC, 0);
    if (plumbing.originals[i] < 0) return false;
  }
  void* const shared = mmap(nullptr, sizeof(std::atomic<std::int64_t>), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return false;
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
  plumbing.step = new (shared) std::atomic<std::int64_t>(-1);
  return true;
}

// So that nobody takes this process for a rank: the system shows what stands where the arguments
// were, one behind the other.
void TakeName(std::span<char*> arguments) {
  prctl(PR_SET_NAME, kName.data());
  char* const begin = arguments.front();
  char* const end = arguments.back() + std::strlen(arguments.back());
  std::fill(begin, end, '\0');
  kName.copy(begin, static_cast<std::size_t>(end - begin));
}

// It ends with the worker, whoever else is told to end.
void IgnoreSignals() {
  setpgid(0, 0);
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGPIPE})
    signal(number, SIG_IGN);
}

// mpirun waits for the end of these.
void LetGo(const std::array<int, 2>& streams) {
  const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int stream : streams) dup2(nowhere, stream);
}

[[noreturn]] void BecomeRelay(const Plumbing& plumbing, const std::string& coordinator,
                              const Credentials& credentials, std::span<char*> arguments) {
  IgnoreSignals();
  TakeName(arguments);
  close(plumbing.control[0]);
  for (std::size_t i = 0; i < kStreams.size(); ++i) {
    close(plumbing.pipes[i][1]);
    close(plumbing.originals[i]);
  }
  InitLog("worker output");
  {
    const auto ring = std::make_shared<LogRing>(limits::kOutputRingBytesMax);
    std::optional<LogLink> link;  // most ranks write nothing: they need no second connection
    OutputReader reader({.readers = {plumbing.pipes[0][0], plumbing.pipes[1][0]},
                         .copies = kStreams,
                         .control = plumbing.control[1]},
                        ring, *plumbing.step, [&] {
                          if (!link) link.emplace(coordinator, credentials, ring);
                        });
    reader.Run();
    LetGo(kStreams);
  }  // what is left is sent
  _exit(0);
}

}  // namespace

Result<std::unique_ptr<OutputRelay>> OutputRelay::Start(const std::string& coordinator,
                                                        const Credentials& credentials,
                                                        std::span<char*> arguments) {
  Plumbing plumbing;
  const bool is_laid = Lay(plumbing);
  std::fflush(nullptr);
  const pid_t process = is_laid ? fork() : -1;
  if (process == 0) BecomeRelay(plumbing, coordinator, credentials, arguments);
  if (process < 0) {
    const Status failure(Code::kUnavailable,
                         std::string("cannot start a process for it: ") + std::strerror(errno));
    plumbing.Close();
    return failure;
  }
  // Without a reader a write fails, and nothing else.
  signal(SIGPIPE, SIG_IGN);
  for (std::size_t i = 0; i < kStreams.size(); ++i) {
    dup2(plumbing.pipes[i][1], kStreams[i]);
    close(plumbing.pipes[i][0]);
    close(plumbing.pipes[i][1]);
  }
  close(plumbing.control[1]);
  // Else what is written before a crash would still be in this process.
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return std::unique_ptr<OutputRelay>(  // NOLINT: private constructor
      new OutputRelay(plumbing.originals, plumbing.control[0], process, plumbing.step));
}

OutputRelay::OutputRelay(std::array<int, 2> originals, int control, pid_t process,
                         std::atomic<std::int64_t>* step)
    : originals_(originals),
      control_(control),
      process_(process),
      step_(step),
      passed_by_(fdopen(originals[1], "w")) {}

// The last log line may be yet to come, so the file stays.
OutputRelay::~OutputRelay() {
  std::fflush(stdout);
  for (std::size_t i = 0; i < kStreams.size(); ++i) dup2(originals_[i], kStreams[i]);
  close(control_);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  close(originals_[0]);
  munmap(step_, sizeof(*step_));
}

void OutputRelay::BeginAssignment(const LogOrigin& origin) {
  step_->store(-1);
  const std::string message = BeginMessage(origin);
  send(control_, message.data(), message.size(), MSG_NOSIGNAL);
}

void OutputRelay::SetStep(std::int64_t steps_done) {
  step_->store(steps_done, std::memory_order_relaxed);
}

void OutputRelay::EndAssignment() {
  std::fflush(stdout);
  std::array<char, 16> answer;
  // Of an end that was not waited for to the end.
  while (recv(control_, answer.data(), answer.size(), MSG_DONTWAIT) > 0) {
  }
  const std::string_view message = kEndMessage;
  if (send(control_, message.data(), message.size(), MSG_NOSIGNAL) < 0) return;
  pollfd wanted{.fd = control_, .events = POLLIN, .revents = 0};
  poll(&wanted, 1, static_cast<int>(kAnswerMax.count()));
}

}  // namespace descent
