#include <fcntl.h>
#include <linux/magic.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "client/doctor/examine.h"

namespace descent {
namespace {

namespace fs = std::filesystem;

struct FileSystem {
  std::uint32_t magic;
  const char* name;
  FileSystemKind kind;
};

// Those without a name in linux/magic.h are numbers of the statfs(2) manual.
constexpr std::array kFileSystems = {
    FileSystem{EXT4_SUPER_MAGIC, "ext4", FileSystemKind::kLocalDisk},
    FileSystem{XFS_SUPER_MAGIC, "xfs", FileSystemKind::kLocalDisk},
    FileSystem{BTRFS_SUPER_MAGIC, "btrfs", FileSystemKind::kLocalDisk},
    FileSystem{0x2fc12fc1, "zfs", FileSystemKind::kLocalDisk},
    FileSystem{TMPFS_MAGIC, "tmpfs", FileSystemKind::kMemory},
    FileSystem{RAMFS_MAGIC, "ramfs", FileSystemKind::kMemory},
    FileSystem{OVERLAYFS_SUPER_MAGIC, "overlay", FileSystemKind::kContainer},
    FileSystem{NFS_SUPER_MAGIC, "nfs", FileSystemKind::kNetwork},
    FileSystem{SMB_SUPER_MAGIC, "smb", FileSystemKind::kNetwork},
    FileSystem{CIFS_SUPER_MAGIC, "cifs", FileSystemKind::kNetwork},
    FileSystem{SMB2_SUPER_MAGIC, "smb2", FileSystemKind::kNetwork},
    FileSystem{V9FS_MAGIC, "9p", FileSystemKind::kNetwork},
    FileSystem{CEPH_SUPER_MAGIC, "ceph", FileSystemKind::kNetwork},
    FileSystem{AFS_SUPER_MAGIC, "afs", FileSystemKind::kNetwork},
    FileSystem{0x0bd00bd0, "lustre", FileSystemKind::kNetwork},
    FileSystem{0x47504653, "gpfs", FileSystemKind::kNetwork},
    FileSystem{0x19830326, "beegfs", FileSystemKind::kNetwork},
};

std::string ErrorText() { return std::strerror(errno); }

std::string NearestDirectory(const std::string& path) {
  std::error_code error;
  fs::path directory = fs::absolute(path, error);
  while (!fs::is_directory(directory, error) && directory.has_relative_path())
    directory = directory.parent_path();
  return directory.string();
}

// Whether a lock of one holder keeps the file from another.
std::string LockTrouble(int file, const std::string& name) {
  if (flock(file, LOCK_EX | LOCK_NB) != 0) return ErrorText();
  const int other = open(name.c_str(), O_RDWR | O_CLOEXEC);
  if (other < 0) return ErrorText();
  const bool is_locked_twice = flock(other, LOCK_EX | LOCK_NB) == 0;
  close(other);
  return is_locked_twice ? "two holders get the same lock" : "";
}

void TryToWrite(DirectoryFacts& facts) {
  constexpr off_t kBytes = 1 << 20;
  std::string name = facts.path + "/.descent-doctor-XXXXXX";
  const int file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    facts.write_trouble = fmt::format("cannot write in {}: {}", facts.path, ErrorText());
    return;
  }
  // Not every file system can reserve; one that is full says so.
  if (const int error = posix_fallocate(file, 0, kBytes); error == ENOSPC || error == EDQUOT)
    facts.write_trouble = fmt::format("{} is full: {}", facts.path, std::strerror(error));
  facts.lock_trouble = LockTrouble(file, name);
  close(file);
  unlink(name.c_str());
}

}  // namespace

DirectoryFacts ExamineDirectory(const std::string& path) {
  DirectoryFacts facts{.path = NearestDirectory(path)};
  struct statfs found = {};
  if (statfs(facts.path.c_str(), &found) == 0) {
    const auto magic = static_cast<std::uint32_t>(found.f_type);
    facts.file_system = fmt::format("file system {:#x}", magic);
    for (const FileSystem& known : kFileSystems) {
      if (known.magic != magic) continue;
      facts.file_system = known.name;
      facts.kind = known.kind;
    }
    facts.free_bytes = static_cast<std::int64_t>(found.f_bavail) * found.f_bsize;
  }
  TryToWrite(facts);
  return facts;
}

}  // namespace descent
