#include "tests/fault/watched_directory.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace descent {
namespace {

// The functions of the C library have no other way to find it.
WatchedDirectory* watched = nullptr;

// The calls themselves, by number: their functions are defined below.
int RealOpen(int directory, const char* path, int flags, mode_t mode) {
  return static_cast<int>(syscall(SYS_openat, directory, path, flags, mode));
}

int RealReserve(int file, off_t position, off_t bytes) {
  return syscall(SYS_fallocate, file, 0, position, bytes) == 0 ? 0 : errno;
}

ssize_t RealRead(int file, void* bytes, std::size_t count, off_t position) {
  if (position < 0) return syscall(SYS_read, file, bytes, count);
  return syscall(SYS_pread64, file, bytes, count, position);
}

ssize_t RealWrite(int file, const void* bytes, std::size_t count, off_t position) {
  if (position < 0) return syscall(SYS_write, file, bytes, count);
  return syscall(SYS_pwrite64, file, bytes, count, position);
}

int RealTruncate(int file, off_t size) {
  return static_cast<int>(syscall(SYS_ftruncate, file, size));
}

int RealSync(int file, long system_call) { return static_cast<int>(syscall(system_call, file)); }

int RealClose(int file) { return static_cast<int>(syscall(SYS_close, file)); }

int RealRename(int directory, const char* from, int new_directory, const char* to, unsigned flags) {
  return static_cast<int>(syscall(SYS_renameat2, directory, from, new_directory, to, flags));
}

int RealMakeDirectory(const char* path, mode_t mode) {
  return static_cast<int>(syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int RealRemove(int directory, const char* path, int flags) {
  return static_cast<int>(syscall(SYS_unlinkat, directory, path, flags));
}

}  // namespace

WatchedDirectory::WatchedDirectory(const std::filesystem::path& root) : root_(root.string()) {
  DESCENT_CHECK(watched == nullptr);
  DESCENT_CHECK(std::filesystem::is_empty(root));
  watched = this;
}

WatchedDirectory::~WatchedDirectory() { watched = nullptr; }

void WatchedDirectory::Plan(FaultPlan plan) {
  plan_ = std::move(plan);
  counted_ = 0;
}

WatchedDirectory::Place WatchedDirectory::Locate(int directory, const char* path) const {
  std::string_view rest = path;
  Inode at = kRootInode;
  if (rest.starts_with('/')) {
    if (!rest.starts_with(root_)) return {};
    rest.remove_prefix(root_.size());
    if (!rest.starts_with('/')) return {};
    rest.remove_prefix(1);
  } else {
    at = OpenFile(directory);
  }
  for (; at != kNoInode; rest.remove_prefix(rest.find('/') + 1)) {
    const std::string name(rest.substr(0, rest.find('/')));
    if (name.size() == rest.size())
      return name.empty() || name.ends_with("-shm") ? Place() : Place{at, name};
    at = record_.Find(at, name);
  }
  return {};
}

Inode WatchedDirectory::OpenFile(int file) const {
  const auto found = open_.find(file);
  return found == open_.end() ? kNoInode : found->second;
}

bool WatchedDirectory::Fails(FileCall call) {
  if (plan_.first == 0 || !plan_.calls.contains(call)) return false;
  ++counted_;
  if (counted_ < plan_.first || (counted_ > plan_.first && !plan_.goes_on)) return false;
  ++faults_;
  errno = plan_.error;
  return true;
}

int WatchedDirectory::Open(int directory, const char* path, int flags, mode_t mode) {
  const Place place = Locate(directory, path);
  const bool is_root = path == root_;
  const bool is_ours = place.is_watched() || is_root;
  if (is_ours && Fails((flags & O_CREAT) != 0 ? FileCall::kCreate : FileCall::kOpen)) return -1;
  const int file = RealOpen(directory, path, flags, mode);
  if (file < 0) return file;
  open_.erase(file);  // what had the number may have been closed by the C library itself
  if (!is_ours) return file;
  Inode inode = is_root ? kRootInode : Find(place);
  if (inode == kNoInode) {
    inode = record_.Create(place.directory, place.name, InodeKind::kFile);
  } else if ((flags & O_TRUNC) != 0) {
    record_.Resize(inode, 0);
  }
  open_[file] = inode;
  return file;
}

int WatchedDirectory::Reserve(int file, off_t position, off_t bytes) {
  const Inode inode = OpenFile(file);
  if (inode == kNoInode) return RealReserve(file, position, bytes);
  if (Fails(FileCall::kReserve)) return plan_.error;
  const int error = RealReserve(file, position, bytes);
  if (error == 0)
    record_.Resize(inode, std::max(record_.SizeOf(inode), std::int64_t{position + bytes}));
  return error;
}

ssize_t WatchedDirectory::Read(int file, void* bytes, std::size_t count, off_t position) {
  if (OpenFile(file) != kNoInode && Fails(FileCall::kRead)) return -1;
  return RealRead(file, bytes, count, position);
}

ssize_t WatchedDirectory::Write(int file, const void* bytes, std::size_t count, off_t position) {
  const Inode inode = OpenFile(file);
  if (inode == kNoInode) return RealWrite(file, bytes, count, position);
  if (Fails(FileCall::kWrite)) {
    if (plan_.error != 0) return -1;
    count = (count + 1) / 2;
  }
  const off_t first = position < 0 ? lseek(file, 0, SEEK_CUR) : position;
  const ssize_t written = RealWrite(file, bytes, count, position);
  if (written > 0)
    record_.Write(inode, first,
                  std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(written)));
  return written;
}

int WatchedDirectory::Truncate(int file, off_t size) {
  const Inode inode = OpenFile(file);
  if (inode != kNoInode && Fails(FileCall::kTruncate)) return -1;
  const int result = RealTruncate(file, size);
  if (inode != kNoInode && result == 0) record_.Resize(inode, size);
  return result;
}

int WatchedDirectory::Sync(int file, long system_call) {
  const Inode inode = OpenFile(file);
  if (inode == kNoInode) return RealSync(file, system_call);
  if (failed_syncs_.contains(inode)) is_failed_sync_repeated_ = true;
  if (Fails(FileCall::kSync)) {
    // The journal keeps what was done to a directory.
    if (record_.IsDirectory(inode)) return -1;
    failed_syncs_.insert(inode);
    record_.FailSync(inode);
    errno = plan_.error;
    return -1;
  }
  const int result = RealSync(file, system_call);
  if (result == 0) record_.Sync(inode);
  return result;
}

// A descriptor is closed whatever this returns.
int WatchedDirectory::Close(int file) {
  const bool fails = open_.erase(file) > 0 && Fails(FileCall::kClose);
  const int result = RealClose(file);
  if (!fails) return result;
  errno = plan_.error;
  return -1;
}

int WatchedDirectory::Rename(int directory, const char* from, int new_directory, const char* to,
                             unsigned flags) {
  const Place old_place = Locate(directory, from);
  const Place new_place = Locate(new_directory, to);
  if (old_place.is_watched() && Fails(FileCall::kRename)) return -1;
  const int result = RealRename(directory, from, new_directory, to, flags);
  if (!old_place.is_watched() || result != 0) return result;
  DESCENT_CHECK(old_place.directory == new_place.directory);
  record_.Rename(old_place.directory, old_place.name, new_place.name);
  return result;
}

int WatchedDirectory::MakeDirectory(const char* path, mode_t mode) {
  const Place place = Locate(AT_FDCWD, path);
  if (place.is_watched() && Fails(FileCall::kMakeDirectory)) return -1;
  const int result = RealMakeDirectory(path, mode);
  if (place.is_watched() && result == 0)
    record_.Create(place.directory, place.name, InodeKind::kDirectory);
  return result;
}

int WatchedDirectory::Remove(int directory, const char* path, int flags) {
  const Place place = Locate(directory, path);
  if (place.is_watched() && Fails(FileCall::kRemove)) return -1;
  const int result = RealRemove(directory, path, flags);
  if (place.is_watched() && result == 0) record_.Remove(place.directory, place.name);
  return result;
}

namespace {

int OpenAnywhere(int directory, const char* path, int flags, mode_t mode) {
  if (watched == nullptr) return RealOpen(directory, path, flags, mode);
  return watched->Open(directory, path, flags, mode);
}

ssize_t ReadAnywhere(int file, void* bytes, std::size_t count, off_t position) {
  if (watched == nullptr) return RealRead(file, bytes, count, position);
  return watched->Read(file, bytes, count, position);
}

ssize_t WriteAnywhere(int file, const void* bytes, std::size_t count, off_t position) {
  if (watched == nullptr) return RealWrite(file, bytes, count, position);
  return watched->Write(file, bytes, count, position);
}

int SyncAnywhere(int file, long system_call) {
  if (watched == nullptr) return RealSync(file, system_call);
  return watched->Sync(file, system_call);
}

int RenameAnywhere(int directory, const char* from, int new_directory, const char* to,
                   unsigned flags) {
  if (watched == nullptr) return RealRename(directory, from, new_directory, to, flags);
  return watched->Rename(directory, from, new_directory, to, flags);
}

int RemoveAnywhere(int directory, const char* path, int flags) {
  if (watched == nullptr) return RealRemove(directory, path, flags);
  return watched->Remove(directory, path, flags);
}

// The argument that open has where it may create.
mode_t ModeOf(int flags, std::va_list arguments) {
  const bool may_create = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return may_create ? va_arg(arguments, mode_t) : 0;
}

}  // namespace
}  // namespace descent

// A program's own definitions come before those of the C library, for the libraries it loads too.
// They are declared under other names, because the headers that this file includes declare, and
// may define, those of the C library.
extern "C" {

int WatchedCallOpen(const char* path, int flags, ...) __asm__("open");
int WatchedCallOpen64(const char* path, int flags, ...) __asm__("open64");
int WatchedCallOpenat(int directory, const char* path, int flags, ...) __asm__("openat");
int WatchedCallOpenat64(int directory, const char* path, int flags, ...) __asm__("openat64");
int WatchedCallReserve(int file, off_t position, off_t bytes) __asm__("posix_fallocate");
ssize_t WatchedCallRead(int file, void* bytes, std::size_t count) __asm__("read");
ssize_t WatchedCallPread64(int file, void* bytes, std::size_t count, off_t at) __asm__("pread64");
ssize_t WatchedCallWrite(int file, const void* bytes, std::size_t count) __asm__("write");
ssize_t WatchedCallPwrite64(int file, const void* bytes, std::size_t count,
                            off_t at) __asm__("pwrite64");
int WatchedCallTruncate(int file, off_t size) __asm__("ftruncate");
int WatchedCallTruncate64(int file, off_t size) __asm__("ftruncate64");
int WatchedCallSync(int file) __asm__("fsync");
int WatchedCallDataSync(int file) __asm__("fdatasync");
int WatchedCallClose(int file) __asm__("close");
int WatchedCallRename(const char* from, const char* to) __asm__("rename");
int WatchedCallRename2(int directory, const char* from, int new_directory, const char* to,
                       unsigned flags) __asm__("renameat2");
int WatchedCallMakeDirectory(const char* path, mode_t mode) __asm__("mkdir");
int WatchedCallUnlink(const char* path) __asm__("unlink");
int WatchedCallUnlinkat(int directory, const char* path, int flags) __asm__("unlinkat");
int WatchedCallRemoveDirectory(const char* path) __asm__("rmdir");
int WatchedCallRemove(const char* path) __asm__("remove");

int WatchedCallOpen(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = descent::ModeOf(flags, arguments);
  va_end(arguments);
  return descent::OpenAnywhere(AT_FDCWD, path, flags, mode);
}

int WatchedCallOpen64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = descent::ModeOf(flags, arguments);
  va_end(arguments);
  return descent::OpenAnywhere(AT_FDCWD, path, flags, mode);
}

int WatchedCallOpenat(int directory, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = descent::ModeOf(flags, arguments);
  va_end(arguments);
  return descent::OpenAnywhere(directory, path, flags, mode);
}

int WatchedCallOpenat64(int directory, const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = descent::ModeOf(flags, arguments);
  va_end(arguments);
  return descent::OpenAnywhere(directory, path, flags, mode);
}

int WatchedCallReserve(int file, off_t position, off_t bytes) {
  if (descent::watched == nullptr) return descent::RealReserve(file, position, bytes);
  return descent::watched->Reserve(file, position, bytes);
}

ssize_t WatchedCallRead(int file, void* bytes, std::size_t count) {
  return descent::ReadAnywhere(file, bytes, count, -1);
}

ssize_t WatchedCallPread64(int file, void* bytes, std::size_t count, off_t at) {
  return descent::ReadAnywhere(file, bytes, count, at);
}

ssize_t WatchedCallWrite(int file, const void* bytes, std::size_t count) {
  return descent::WriteAnywhere(file, bytes, count, -1);
}

ssize_t WatchedCallPwrite64(int file, const void* bytes, std::size_t count, off_t at) {
  return descent::WriteAnywhere(file, bytes, count, at);
}

int WatchedCallTruncate(int file, off_t size) {
  if (descent::watched == nullptr) return descent::RealTruncate(file, size);
  return descent::watched->Truncate(file, size);
}

int WatchedCallTruncate64(int file, off_t size) { return WatchedCallTruncate(file, size); }

int WatchedCallSync(int file) { return descent::SyncAnywhere(file, SYS_fsync); }

int WatchedCallDataSync(int file) { return descent::SyncAnywhere(file, SYS_fdatasync); }

int WatchedCallClose(int file) {
  if (descent::watched == nullptr) return descent::RealClose(file);
  return descent::watched->Close(file);
}

int WatchedCallRename(const char* from, const char* to) {
  return descent::RenameAnywhere(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int WatchedCallRename2(int directory, const char* from, int new_directory, const char* to,
                       unsigned flags) {
  return descent::RenameAnywhere(directory, from, new_directory, to, flags);
}

int WatchedCallMakeDirectory(const char* path, mode_t mode) {
  if (descent::watched == nullptr) return descent::RealMakeDirectory(path, mode);
  return descent::watched->MakeDirectory(path, mode);
}

int WatchedCallUnlink(const char* path) { return descent::RemoveAnywhere(AT_FDCWD, path, 0); }

int WatchedCallUnlinkat(int directory, const char* path, int flags) {
  return descent::RemoveAnywhere(directory, path, flags);
}

int WatchedCallRemoveDirectory(const char* path) {
  return descent::RemoveAnywhere(AT_FDCWD, path, AT_REMOVEDIR);
}

int WatchedCallRemove(const char* path) {
  const int result = WatchedCallUnlink(path);
  return result != 0 && errno == EISDIR ? WatchedCallRemoveDirectory(path) : result;
}

}  // extern "C"
