#include <arpa/inet.h>
#include <netinet/in.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "client/doctor/examine.h"
#include "client/doctor/system_file.h"
#include "client/doctor/system_text.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

bool Holds(const fs::path& descriptors, const std::string& socket) {
  std::error_code error;
  for (fs::directory_iterator entry(descriptors, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unreadable;
    if (fs::read_symlink(entry->path(), unreadable) == socket) return true;
  }
  return false;
}

// "descent-coordinator (pid 12)"; empty: a process of somebody else, whose files cannot be seen.
std::string HolderOf(std::uint64_t inode) {
  const std::string socket = fmt::format("socket:[{}]", inode);
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!Holds(entry->path() / "fd", socket)) continue;
    const std::string command = SystemFile(entry->path() / "cmdline");
    const fs::path program = command.substr(0, command.find('\0'));
    return fmt::format("{} (pid {})", program.filename().string(), pid);
  }
  return "";
}

std::string ListenTrouble(int port) {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return std::strerror(errno);
  // As a server does: connections of one that has just ended are no reason.
  const int yes = 1;
  setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_free = bind(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
                       listen(file, 1) == 0;
  const std::string trouble = is_free ? "" : std::strerror(errno);
  close(file);
  return trouble;
}

}  // namespace

PortFacts ExaminePort(int port, const std::string& flag) {
  PortFacts facts{.port = port, .flag = flag, .trouble = ListenTrouble(port)};
  if (facts.trouble.empty()) return facts;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"})
    if (const auto inode = ListeningInode(SystemFile(table), port))
      facts.listener = HolderOf(*inode);
  return facts;
}

}  // namespace descent
