#include "common/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "common/check.h"
#include "common/file.h"

namespace descent {
namespace {

constexpr std::chrono::milliseconds kPollInterval{20};
constexpr int kExecFailed = 127;

struct ChildStart {
  std::vector<char*> arguments;
  int null_descriptor;
  int log_descriptor;
  int error_descriptor;  // gets errno if the program cannot be run; closed by the system if it can
  pid_t parent;
  ChildLimits limits;
};

// The system closes what is open beside the standard streams when the program is there.
void CloseAtExec() {
  if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
  rlimit open_files{};  // a kernel before 5.11
  getrlimit(RLIMIT_NOFILE, &open_files);
  for (rlim_t number = STDERR_FILENO + 1; number < open_files.rlim_cur; ++number)
    fcntl(static_cast<int>(number), F_SETFD, FD_CLOEXEC);
}

// Between fork and exec only calls that are safe in a signal handler are allowed: another thread
// may have held any lock at the fork.
[[noreturn]] void RunChild(const ChildStart& start) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != start.parent) _exit(kExecFailed);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(start.null_descriptor, STDIN_FILENO);
  dup2(start.log_descriptor, STDOUT_FILENO);
  dup2(start.log_descriptor, STDERR_FILENO);
  if (!start.limits.inherits_descriptors) CloseAtExec();
  constexpr rlimit kNothing{0, 0};
  if (!start.limits.dumps_core) setrlimit(RLIMIT_CORE, &kNothing);
  execv(start.arguments[0], start.arguments.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(start.error_descriptor, &error, sizeof(error));
  _exit(kExecFailed);
}

Status CannotStart(const std::string& program, int error) {
  return Status(error == ENOENT ? Code::kNotFound : Code::kUnavailable,
                "cannot start " + program + ": " + std::strerror(error));
}

// Closes what it holds.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return value_; }
  void Close() {
    if (value_ >= 0) close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

}  // namespace

Result<ChildProcess> ChildProcess::Start(const std::vector<std::string>& arguments,
                                         const std::filesystem::path& log, ChildLimits limits) {
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Descriptor output(
      open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (output.get() < 0)
    return Status(Code::kUnavailable, "cannot write " + log.string() + ": " + std::strerror(errno));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(arguments[0], errno);
  const Descriptor error_reader(ends[0]);
  Descriptor error_writer(ends[1]);

  std::vector<std::string> copies = arguments;
  ChildStart start{{}, null.get(), output.get(), error_writer.get(), getpid(), limits};
  for (std::string& argument : copies) start.arguments.push_back(argument.data());
  start.arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return CannotStart(arguments[0], errno);
  if (pid == 0) RunChild(start);
  setpgid(pid, pid);  // in both, so that the group is there for whoever comes first
  ChildProcess child(pid, log);
  error_writer.Close();
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(error_reader.get(), &error, sizeof(error));
  } while (count < 0 && errno == EINTR);
  if (count == sizeof(error)) return CannotStart(arguments[0], error);
  return child;
}

ChildProcess::ChildProcess(pid_t pid, std::filesystem::path log)
    : pid_(pid), log_(std::move(log)) {}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      log_(std::move(other.log_)),
      has_ended_(other.has_ended_),
      is_reaped_(other.is_reaped_),
      wait_status_(other.wait_status_) {}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) Stop(std::chrono::milliseconds(0));
}

// It is not reaped: while it is a zombie no other process can get its number, nor that of its
// group.
bool ChildProcess::HasEnded() {
  if (has_ended_) return true;
  siginfo_t info{};  // without a child that has ended it stays as it is
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid != pid_)
    return false;
  wait_status_ =
      info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : W_EXITCODE(0, info.si_status);
  has_ended_ = true;
  return true;
}

std::optional<int> ChildProcess::ExitStatus() const {
  DESCENT_CHECK(has_ended_);
  if (!WIFEXITED(wait_status_)) return std::nullopt;
  return WEXITSTATUS(wait_status_);
}

std::string ChildProcess::EndText() const {
  if (WIFSIGNALED(wait_status_)) {
    const int signal = WTERMSIG(wait_status_);
    return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
  }
  return "exit status " + std::to_string(WEXITSTATUS(wait_status_));
}

void ChildProcess::Stop(std::chrono::milliseconds grace) {
  if (is_reaped_) return;
  const auto deadline = std::chrono::steady_clock::now() + grace;
  if (!HasEnded() && grace.count() > 0) killpg(pid_, SIGTERM);
  while (!HasEnded() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kPollInterval);
  // What the child left behind in its group ends with it.
  killpg(pid_, SIGKILL);
  while (!is_reaped_) {
    const pid_t reaped = waitpid(pid_, &wait_status_, 0);
    is_reaped_ = reaped == pid_ || (reaped < 0 && errno != EINTR);
  }
  has_ended_ = true;
}

std::string TailOf(const std::filesystem::path& file, int count) {
  const Result<std::string> read = ReadFile(file);
  if (!read.ok()) return "";
  const std::string& text = read.value();
  std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  std::size_t begin = ++end;
  for (int lines = 0; lines < count && begin != 0; ++lines) {
    const std::size_t newline = begin < 2 ? std::string::npos : text.rfind('\n', begin - 2);
    begin = newline == std::string::npos ? 0 : newline + 1;
  }
  std::string tail = "  ";
  for (const char c : text.substr(begin, end - begin)) {
    tail += c;
    if (c == '\n') tail += "  ";
  }
  return tail + "\n";
}

Result<std::filesystem::path> ProgramBeside(const std::string& name) {
  std::error_code error;
  const std::filesystem::path program =
      std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
  if (error || access(program.c_str(), X_OK) != 0)
    return Status(Code::kNotFound, program.string() + " is missing, must be beside this program");
  return program;
}

Result<std::filesystem::path> MakeTemporaryDirectory() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "descent-run-XXXXXX").string();
  if (error || mkdtemp(path.data()) == nullptr)
    return Status(Code::kUnavailable, "cannot make a directory like " + path);
  return std::filesystem::path(path);
}

}  // namespace descent
