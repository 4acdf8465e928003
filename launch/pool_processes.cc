#include "launch/pool_processes.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <system_error>

namespace descent {
namespace {

namespace fs = std::filesystem;

std::optional<pid_t> PidOf(const std::string& name) {
  pid_t pid = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + name.size()) return std::nullopt;
  return pid;
}

// Empty for a process that has ended, and closed to us for other users' processes.
std::string ReadAll(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<PoolProcess> FindPoolProcesses(std::string_view pool) {
  const std::string wanted = std::string(kPoolVariable) + "=" + std::string(pool) + '\0';
  std::vector<PoolProcess> found;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::optional<pid_t> pid = PidOf(entry->path().filename());
    if (!pid || *pid == getpid()) continue;
    std::string environment = ReadAll(entry->path() / "environ");
    if (environment.find(wanted) == std::string::npos) continue;
    const std::string flag = std::string("\0", 1) + kRankWrapperFlag + '\0';
    const bool is_wrapper = ReadAll(entry->path() / "cmdline").find(flag) != std::string::npos;
    found.push_back(
        {.pid = *pid, .environment = std::move(environment), .is_rank_wrapper = is_wrapper});
  }
  return found;
}

std::string DrawPoolName() {
  std::array<char, 17> name{};
  std::random_device device;
  std::snprintf(name.data(), name.size(), "%08x%08x", device(), device());
  return name.data();
}

}  // namespace descent
