#include "coordinator/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "common/file.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

std::string ReadOwner(int descriptor) {
  char digits[32] = {};
  const ssize_t count = pread(descriptor, digits, sizeof(digits) - 1, 0);
  if (count <= 0) return "another process";
  std::string owner(digits, count);
  owner.erase(owner.find_last_not_of('\n') + 1);
  return "process " + owner;
}

Status WriteOwner(int descriptor, const fs::path& file) {
  const std::string owner = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, owner.data(), owner.size(), 0) != std::ssize(owner))
    return Status(Code::kUnavailable,
                  "cannot write " + file.string() + ": " + std::strerror(errno));
  return Status();
}

}  // namespace

fs::path StateDirectory::Default() {
  if (const char* state_home = std::getenv("XDG_STATE_HOME"); state_home && *state_home)
    return fs::path(state_home) / "descent";
  const char* home = std::getenv("HOME");
  return fs::path(home && *home ? home : ".") / ".local" / "state" / "descent";
}

Result<StateDirectory> StateDirectory::Lock(const fs::path& path) {
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return Status(Code::kUnavailable, path.string() + ": " + error.message());
  const bool is_new = !fs::exists(absolute, error);
  DESCENT_RETURN_IF_ERROR(MakeDirectories(absolute));
  if (is_new) chmod(absolute.c_str(), 0700);
  const fs::path file = absolute / "lock";
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return Status(Code::kUnavailable, "cannot open " + file.string() + ": " + std::strerror(errno));
  StateDirectory directory(absolute, descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0)
    return Status(Code::kFailedPrecondition,
                  "state directory " + absolute.string() + " is in use by " +
                      ReadOwner(descriptor) +
                      "; submit to that coordinator, or choose another --state-dir");
  DESCENT_RETURN_IF_ERROR(WriteOwner(descriptor, file));
  return directory;
}

StateDirectory::StateDirectory(StateDirectory&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

StateDirectory::~StateDirectory() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace descent
