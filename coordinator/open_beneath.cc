#include "coordinator/open_beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <spdlog/fmt/fmt.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace descent {
namespace {

// Not blocking: opening a pipe without a writer would otherwise wait for ever.
constexpr int kAlways = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

// One name after the other, none of them a link; for kernels and sandboxes without openat2.
int OpenByNames(int root, const std::filesystem::path& path, int flags) {
  Descriptor directory(dup(root));
  if (directory.number() < 0) return -1;
  for (auto name = path.begin();;) {
    const std::filesystem::path step = *name;
    const bool is_last = ++name == path.end();
    if (step == ".." || step.is_absolute()) {
      errno = EXDEV;
      return -1;
    }
    const int opened =
        openat(directory.number(), step.c_str(), kAlways | (is_last ? flags : O_DIRECTORY));
    if (is_last || opened < 0) return opened;
    directory = Descriptor(opened);
  }
}

int Open(int root, const std::filesystem::path& path, int flags) {
  struct open_how how = {};
  how.flags = static_cast<unsigned>(kAlways | flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const long opened = syscall(SYS_openat2, root, path.c_str(), &how, sizeof how);
  if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(opened);
  return OpenByNames(root, path, flags);
}

Status OpenFailure(const std::filesystem::path& path, int error) {
  const bool is_link = error == ELOOP || error == EXDEV;
  const bool is_missing = is_link || error == ENOENT || error == ENOTDIR;
  return Status(is_missing ? Code::kNotFound : Code::kUnavailable,
                fmt::format("cannot open {}: {}", path.string(),
                            is_link ? "a symbolic link, must be a file of its own"
                                    : std::generic_category().message(error)));
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

Result<Descriptor> OpenBeneath(const std::filesystem::path& root, const std::filesystem::path& path,
                               int flags) {
  DESCENT_CHECK(!path.empty());
  const Descriptor directory(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() < 0) return OpenFailure(root, errno);
  const int opened = Open(directory.number(), path, flags);
  if (opened < 0) return OpenFailure(root / path, errno);
  return Descriptor(opened);
}

}  // namespace descent
