#include "launch/mpi_leftovers.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <system_error>

namespace descent {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSharedMemory = "/dev/shm";

// The value of `name` in an environment; empty if it is not there.
std::string_view ValueOf(std::string_view environment, std::string_view name) {
  while (!environment.empty()) {
    const std::string_view entry = environment.substr(0, environment.find('\0'));
    if (entry.starts_with(name) && entry.substr(name.size()).starts_with('='))
      return entry.substr(name.size() + 1);
    environment.remove_prefix(std::min(entry.size() + 1, environment.size()));
  }
  return {};
}

bool IsOurs(const fs::path& file) {
  struct stat facts {};
  return lstat(file.c_str(), &facts) == 0 && facts.st_uid == geteuid();
}

}  // namespace

MpiLeftovers LeftoversOf(std::string_view environment) {
  MpiLeftovers leftovers{
      .session_directory = ValueOf(environment, "OMPI_MCA_orte_jobfam_session_dir"), .job_id = ""};
  const std::string_view decimal = ValueOf(environment, "PMIX_NAMESPACE");
  std::uint32_t job = 0;
  const auto parsed = std::from_chars(decimal.data(), decimal.data() + decimal.size(), job);
  if (decimal.empty() || parsed.ec != std::errc() || parsed.ptr != decimal.data() + decimal.size())
    return leftovers;
  char text[16];
  const auto end = std::to_chars(std::begin(text), std::end(text), job, 16).ptr;
  leftovers.job_id.assign(text, end);
  return leftovers;
}

fs::path FindSessionDirectory(pid_t mpirun) {
  std::error_code error;
  const fs::path root = fs::temp_directory_path(error);
  for (fs::directory_iterator entry(root, error), end; !error && entry != end;
       entry.increment(error)) {
    if (!entry->path().filename().string().starts_with("ompi.")) continue;
    const fs::path session = entry->path() / ("pid." + std::to_string(mpirun));
    if (IsOurs(session)) return session;
  }
  return {};
}

void RemoveSharedSegments(const std::string& job_id) {
  if (job_id.empty()) return;
  std::error_code error;
  for (fs::directory_iterator entry(kSharedMemory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    const bool is_mpi = name.starts_with("vader_segment.") || name.starts_with("osc_sm.");
    if (!is_mpi || name.find("." + job_id + ".") == std::string::npos) continue;
    std::error_code ignored;  // another process of the world may be first
    if (IsOurs(entry->path())) fs::remove(entry->path(), ignored);
  }
}

void RemoveSessionDirectory(const fs::path& session_directory) {
  // Never anything but what looks like mpirun's own, whatever the environment says.
  const fs::path top = session_directory.parent_path();
  const std::string name = session_directory.filename();  // of mpirun, or of a host it reached
  const bool is_session = (name.starts_with("pid.") || name.starts_with("jf.")) &&
                          top.filename().string().starts_with("ompi.");
  if (!is_session || !IsOurs(session_directory)) return;
  std::error_code ignored;
  fs::remove_all(session_directory, ignored);
  fs::remove(top, ignored);  // only if it is empty
}

}  // namespace descent
