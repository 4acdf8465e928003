#include "launch/host_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kWord = "descent-host-is-there";
constexpr std::chrono::seconds kPatience{8};
constexpr std::chrono::milliseconds kProbeInterval{20};
// Banners of a login are not kept for ever.
constexpr std::size_t kSaidBytesMax = 64 << 10;

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

// Whether the address is one of this machine's: no other can be bound to.
bool IsOwnAddress(const addrinfo& address) {
  const int socket_descriptor = socket(address.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_descriptor < 0) return false;
  const bool is_own = bind(socket_descriptor, address.ai_addr, address.ai_addrlen) == 0;
  close(socket_descriptor);
  return is_own;
}

std::string ShellQuoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted += "'";
}

// Of what every shell understands.
std::string ShellLine(const std::vector<std::string>& programs) {
  std::string line;
  for (const std::string& program : programs)
    line += fmt::format("test -x {} && ", ShellQuoted(program));
  line += fmt::format("echo {}", kWord);
  if (programs.empty()) return line;
  return line +
         fmt::format(" || echo {}", ShellQuoted(fmt::format("it has no {} that can be started",
                                                            fmt::join(programs, " or no "))));
}

Status NoAnswer(std::string why) { return Status(Code::kUnavailable, std::move(why)); }

}  // namespace

std::vector<std::string> RemoteAgent(const std::vector<std::string>& mpirun_options) {
  constexpr std::string_view kParameter = "plm_rsh_agent";
  const char* const variable = std::getenv("OMPI_MCA_plm_rsh_agent");
  std::string command = variable == nullptr ? "" : variable;
  for (std::size_t i = 0; i + 2 < mpirun_options.size(); ++i) {
    const bool is_setting = mpirun_options[i] == "--mca" || mpirun_options[i] == "-mca";
    if (is_setting && mpirun_options[i + 1] == kParameter) command = mpirun_options[i + 2];
  }
  std::vector<std::string> agent;
  std::istringstream words(command);
  // "ssh : rsh" is a list of agents; mpirun takes the first that is installed.
  for (std::string word; words >> word && word != ":";) agent.push_back(word);
  if (agent.empty()) agent = {"ssh"};
  if (agent == std::vector<std::string>{"ssh"})
    agent = {"ssh", "-x", "-o", "BatchMode=yes", "-o", "ConnectTimeout=5"};
  return agent;
}

bool IsThisHost(const std::string& host) {
  const std::string name = host.substr(host.find('@') + 1);  // find fails: from 0
  std::array<char, 256> own{};
  gethostname(own.data(), own.size() - 1);
  if (name == own.data()) return true;
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* addresses = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &addresses) != 0) return false;
  bool is_own = false;
  for (const addrinfo* address = addresses; address != nullptr && !is_own;
       address = address->ai_next)
    is_own = IsOwnAddress(*address);
  freeaddrinfo(addresses);
  return is_own;
}

HostProbe::HostProbe(const HostQuestion& question, const std::string& host,
                     std::chrono::milliseconds patience)
    : patience_(patience), start_(Clock::now()) {
  std::vector<std::string> command = question.agent;
  command.insert(command.end(), {host, ShellLine(question.programs)});
  Start(std::move(command));
}

HostProbe::~HostProbe() { End(); }

void HostProbe::Start(std::vector<std::string> command) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    answer_ = NoAnswer(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
    return;
  }
  output_ = ends[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  posix_spawn_file_actions_addopen(&streams, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&streams, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, ends[1], STDERR_FILENO);
  // The launcher blocks the signals by which it is told to end.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      posix_spawnp(&pid, arguments[0], &streams, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&streams);
  close(ends[1]);
  if (error == 0) {
    agent_ = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  } else {
    answer_ = NoAnswer(fmt::format("cannot run {}: {}", command[0], std::strerror(error)));
  }
}

std::optional<Status> HostProbe::Answer() {
  if (answer_) return answer_;
  Read();
  const std::vector<std::string> lines = Lines(said_);
  if (std::count(lines.begin(), lines.end(), kWord) > 0) {
    answer_ = Status();
  } else if (output_ < 0) {
    answer_ = NoAnswer(lines.empty() ? "nothing can be started there" : lines.back());
  } else if (Clock::now() - start_ > patience_) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience_);
    answer_ = NoAnswer(fmt::format("no answer within {} s", seconds.count()));
  }
  if (answer_) End();
  return answer_;
}

void HostProbe::Read() {
  std::array<char, 4096> buffer;
  while (output_ >= 0) {
    const ssize_t count = read(output_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nothing more for now
    if (count == 0) close(std::exchange(output_, -1));
    said_.append(buffer.data(), static_cast<std::size_t>(count));
    if (said_.size() > kSaidBytesMax) said_.erase(0, said_.size() - kSaidBytesMax);
  }
}

void HostProbe::End() {
  if (output_ >= 0) close(std::exchange(output_, -1));
  if (agent_ < 0) return;
  syscall(SYS_pidfd_send_signal, agent_, SIGKILL, nullptr, 0);
  siginfo_t ended{};
  // A world that goes on reaps what it finds, so the agent may be gone already.
  waitid(P_PIDFD, static_cast<id_t>(agent_), &ended, WEXITED);
  close(std::exchange(agent_, -1));
}

std::vector<Status> ProbeHosts(const HostQuestion& question, const std::vector<std::string>& hosts,
                               const StopSignals& signals) {
  std::vector<std::unique_ptr<HostProbe>> probes;  // null: of this host
  for (const std::string& host : hosts)
    probes.push_back(IsThisHost(host) ? nullptr
                                      : std::make_unique<HostProbe>(question, host, kPatience));
  std::vector<Status> answers;
  for (const std::unique_ptr<HostProbe>& probe : probes) {
    std::optional<Status> answer = probe ? probe->Answer() : Status();
    while (!answer && !signals.Wait(kProbeInterval)) answer = probe->Answer();
    answers.push_back(answer.value_or(NoAnswer("it was not waited for")));
  }
  return answers;
}

HostWatch::HostWatch(HostQuestion question, std::vector<std::string> hosts,
                     std::chrono::seconds interval)
    : question_(std::move(question)),
      hosts_(std::move(hosts)),
      interval_(interval),
      has_answered_(hosts_.size()),
      ask_at_(Clock::now() + interval) {}

std::optional<std::string> HostWatch::FindHostThatAnswers() {
  if (probes_.empty() && Clock::now() < ask_at_) return std::nullopt;
  if (probes_.empty())
    for (const std::string& host : hosts_)
      probes_.push_back(std::make_unique<HostProbe>(question_, host, kPatience));
  for (const std::unique_ptr<HostProbe>& probe : probes_)
    if (!probe->Answer()) return std::nullopt;
  std::optional<std::string> found;
  for (std::size_t i = 0; i < probes_.size(); ++i) {
    const bool answers = probes_[i]->Answer()->ok();
    if (answers && has_answered_[i] && !found) found = hosts_[i];
    has_answered_[i] = answers;
  }
  probes_.clear();
  ask_at_ = Clock::now() + interval_;
  return found;
}

}  // namespace descent
