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

#include "common/failpoint.h"

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

// Makes a call again that a signal interrupted before it did anything.
template <typename Call>
auto WithoutInterruption(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

int Open(const std::filesystem::path& path, int flags, mode_t mode = 0) {
  return WithoutInterruption([&] { return open(path.c_str(), flags | O_CLOEXEC, mode); });
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

 private:
  const int number_;
};

// The size of an open file. kInvalidArgument: not a regular one.
Result<std::size_t> SizeOf(const Descriptor& file, const std::filesystem::path& path) {
  struct stat status = {};
  if (fstat(file.number(), &status) != 0) return Failure("read", path, errno);
  if (!S_ISREG(status.st_mode))
    return Status(Code::kInvalidArgument, path.string() + " is not a file, must be a regular file");
  return static_cast<std::size_t>(status.st_size);
}

// Fills `bytes` from where the last read ended; fewer only at the end of the file.
Result<std::size_t> ReadFully(const Descriptor& file, std::span<std::byte> bytes,
                              const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = WithoutInterruption(
        [&] { return read(file.number(), bytes.data() + done, bytes.size() - done); });
    if (count < 0) return Failure("read", path, errno);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

// Not blocking: opening a pipe without a writer would otherwise wait for ever.
int OpenToRead(const std::filesystem::path& path) { return Open(path, O_RDONLY | O_NONBLOCK); }

// 0, or the error. A file system in memory gives up for any signal that is waiting.
int Reserve(int descriptor, std::size_t bytes) {
  int error = EINTR;
  while (error == EINTR) error = posix_fallocate(descriptor, 0, static_cast<off_t>(bytes));
  return error;
}

}  // namespace

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t bytes_max) {
  const Descriptor file(OpenToRead(path));
  if (!file.is_open()) return Failure("open", path, errno);
  DESCENT_ASSIGN(const std::size_t size, SizeOf(file, path));
  if (size > bytes_max)
    return Status(Code::kInvalidArgument, path.string() + " has " + std::to_string(size) +
                                              " bytes, must have at most " +
                                              std::to_string(bytes_max));
  std::string bytes(size, '\0');
  DESCENT_ASSIGN(const std::size_t count,
                 ReadFully(file, std::as_writable_bytes(std::span(bytes)), path));
  bytes.resize(count);  // the file may have shrunk since its size was asked
  return bytes;
}

Status ReadBlocks(const std::filesystem::path& path, std::span<std::byte> block,
                  const std::function<void(std::span<const std::byte>)>& take) {
  const Descriptor file(OpenToRead(path));
  if (!file.is_open()) return Failure("open", path, errno);
  DESCENT_RETURN_IF_ERROR(SizeOf(file, path).status());
  while (true) {
    DESCENT_ASSIGN(const std::size_t count, ReadFully(file, block, path));
    if (count > 0) take(block.first(count));
    if (count < block.size()) return Status();
  }
}

Result<NewFile> NewFile::Create(const std::filesystem::path& path, std::size_t bytes) {
  const int descriptor = Open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (descriptor < 0) return Failure("create", path, errno);
  NewFile file(path, descriptor);
  DESCENT_FAILPOINT("file.create.after");
  const int error = bytes == 0 ? 0 : Reserve(descriptor, bytes);
  if (error != 0) return Failure("reserve space for", path, error);
  return file;
}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(other.path_), descriptor_(std::exchange(other.descriptor_, -1)) {}

NewFile::~NewFile() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  unlink(path_.c_str());
}

Status NewFile::Append(std::span<const std::byte> bytes) {
  DESCENT_FAILPOINT("file.write.before");
  while (!bytes.empty()) {
    const ssize_t count =
        WithoutInterruption([&] { return write(descriptor_, bytes.data(), bytes.size()); });
    if (count < 0) return Failure("write", path_, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  DESCENT_FAILPOINT("file.write.after");
  return Status();
}

// After a failed fsync the kernel may have dropped the pages and a second one would lie, so the
// file is thrown away.
Status NewFile::Finish() {
  DESCENT_FAILPOINT("file.sync.before");
  if (fsync(descriptor_) != 0) return Failure("sync", path_, errno);
  DESCENT_FAILPOINT("file.sync.after");
  // File systems with delayed writes report some failures only here.
  if (close(std::exchange(descriptor_, -1)) == 0) return Status();
  const int error = errno;
  unlink(path_.c_str());
  return Failure("close", path_, error);
}

Status WriteNewFile(const std::filesystem::path& path,
                    std::span<const std::span<const std::byte>> pieces) {
  std::size_t total = 0;
  for (const auto& piece : pieces) total += piece.size();
  DESCENT_ASSIGN(NewFile file, NewFile::Create(path, total));
  for (const auto& piece : pieces) DESCENT_RETURN_IF_ERROR(file.Append(piece));
  return file.Finish();
}

Status WriteNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  return WriteNewFile(path, std::span(&bytes, 1));
}

Status WriteNewFile(const std::filesystem::path& path, std::string_view text) {
  return WriteNewFile(path, std::as_bytes(std::span(text)));
}

Status SyncDirectory(const std::filesystem::path& path) {
  const Descriptor directory(Open(path, O_RDONLY | O_DIRECTORY));
  if (!directory.is_open()) return Failure("open", path, errno);
  DESCENT_FAILPOINT("directory.sync.before");
  if (fsync(directory.number()) != 0) return Failure("sync", path, errno);
  DESCENT_FAILPOINT("directory.sync.after");
  return Status();
}

Status RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to) {
  DESCENT_FAILPOINT("file.rename.before");
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
    return Failure(("rename " + from.string() + " to").c_str(), to, errno);
  DESCENT_FAILPOINT("file.rename.after");
  return Status();
}

Status MakeDirectories(const std::filesystem::path& path) {
  std::filesystem::path made;
  for (const std::filesystem::path& name : path) {
    const std::filesystem::path parent = made.empty() ? "." : made;
    made /= name;
    if (mkdir(made.c_str(), 0700) == 0) {
      DESCENT_FAILPOINT("directory.make.after");
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
  DESCENT_FAILPOINT("tree.remove.before");
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return Failure("remove", path, error.value());
  DESCENT_FAILPOINT("tree.remove.after");
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

Result<VolumeSpace> MeasureVolume(const std::filesystem::path& path) {
  struct statvfs status = {};
  if (statvfs(path.c_str(), &status) != 0) return Failure("measure free space of", path, errno);
  const auto block_bytes = static_cast<std::int64_t>(status.f_frsize);
  return VolumeSpace{.free_bytes = static_cast<std::int64_t>(status.f_bavail) * block_bytes,
                     .total_bytes = static_cast<std::int64_t>(status.f_blocks) * block_bytes};
}

}  // namespace descent
