#include "common/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace descent {
namespace {

Code CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EEXIST:
      return Code::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
      return Code::kResourceExhausted;
    default:
      return Code::kUnavailable;
  }
}

// "cannot open /a/b: No such file or directory"
Status Failure(const char* verb, const std::filesystem::path& path, int error) {
  return Status(CodeOf(error), std::string("cannot ") + verb + " " + path.string() + ": " +
                                   std::generic_category().message(error));
}

// A file descriptor, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }

  // File systems with delayed writes report some failures only here.
  bool Close() { return close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

Status WriteAll(const Descriptor& file, std::span<const std::byte> bytes,
                const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(file.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return Status();
}

Status FillNewFile(Descriptor& file, std::span<const std::span<const std::byte>> pieces,
                   const std::filesystem::path& path) {
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.size();
  if (total > 0) {
    const int error = posix_fallocate(file.number(), 0, static_cast<off_t>(total));
    if (error != 0) return Failure("reserve space for", path, error);
  }
  for (const auto& piece : pieces) DESCENT_RETURN_IF_ERROR(WriteAll(file, piece, path));
  // After a failed fsync the kernel may have dropped the pages and a second one would lie, so the
  // caller throws the file away.
  if (fsync(file.number()) != 0) return Failure("sync", path, errno);
  if (!file.Close()) return Failure("close", path, errno);
  return Status();
}

Result<std::string> ReadToEnd(const Descriptor& file, std::size_t size_expected,
                              const std::filesystem::path& path) {
  std::string bytes(size_expected, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = read(file.number(), bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failure("read", path, errno);
    if (count == 0) break;  // the file has shrunk since its size was asked
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max) {
  // Not blocking: opening a pipe without a writer would otherwise wait for ever.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return Failure("open", path, errno);
  struct stat status = {};
  if (fstat(file.number(), &status) != 0) return Failure("read", path, errno);
  if (!S_ISREG(status.st_mode))
    return Status(Code::kInvalidArgument, path.string() + " is not a file, must be a regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > bytes_max)
    return Status(Code::kInvalidArgument, path.string() + " has " + std::to_string(size) +
                                              " bytes, must have at most " +
                                              std::to_string(bytes_max));
  return ReadToEnd(file, size, path);
}

Status WriteNewFile(const std::filesystem::path& path,
                    std::span<const std::span<const std::byte>> pieces) {
  Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return Failure("create", path, errno);
  const Status filled = FillNewFile(file, pieces, path);
  if (!filled.ok()) unlink(path.c_str());
  return filled;
}

Status WriteNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  return WriteNewFile(path, std::span(&bytes, 1));
}

Status WriteNewFile(const std::filesystem::path& path, std::string_view text) {
  return WriteNewFile(path, std::as_bytes(std::span(text)));
}

Status SyncDirectory(const std::filesystem::path& path) {
  const Descriptor directory(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.is_open()) return Failure("open", path, errno);
  if (fsync(directory.number()) != 0) return Failure("sync", path, errno);
  return Status();
}

Status RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
    return Failure(("rename " + from.string() + " to").c_str(), to, errno);
  return Status();
}

Status MakeDirectories(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const std::filesystem::path& name : path) {
    const std::filesystem::path parent = made.empty() ? "." : made;
    made /= name;
    if (mkdir(made.c_str(), 0700) == 0) {
      DESCENT_RETURN_IF_ERROR(SyncDirectory(parent));
      continue;
    }
    const int error = errno;
    std::error_code ignored;
    if (!std::filesystem::is_directory(made, ignored))
      return Failure("make directory", made, error);
  }
  return Status();
}

Status RemoveTree(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Failure("remove", path, error.value());
  return Status();
}

Result<std::vector<std::string>> ListDirectory(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::string> names;
  std::filesystem::directory_iterator entries(path, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error))
    names.push_back(entries->path().filename().string());
  if (error) return Failure("list", path, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::int64_t> FreeBytes(const std::filesystem::path& path) {
  struct statvfs status = {};
  if (statvfs(path.c_str(), &status) != 0) return Failure("measure free space of", path, errno);
  return static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
}

}  // namespace descent
