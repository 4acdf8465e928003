#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "tests/fault/disk_record.h"

namespace descent {

// What this program asks of the kernel about files.
enum class FileCall {
  kCreate,  // opening with O_CREAT
  kOpen,
  kReserve,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kClose,
  kRename,
  kMakeDirectory,
  kRemove,
};

// Which calls fail.
struct FaultPlan {
  std::set<FileCall> calls = {};  // that are counted
  std::int64_t first = 0;         // the number, from 1, of the first that fails; 0: none does
  bool goes_on = false;           // all after it fail as well
  int error = 0;                  // errno; 0: a write takes half of its bytes
};

// While it lives, what this process asks of files beneath a directory is recorded, and fails as
// planned: by whatever library, SQLite's and std::filesystem's calls too, since this program
// defines the C library's functions (watched_directory.cc). Files of SQLite's shared memory
// ("-shm") are left alone: whoever opens a database first makes them anew. One at a time, in one
// thread.
class WatchedDirectory {
 public:
  // `root` is an absolute path without links to an empty directory.
  explicit WatchedDirectory(const std::filesystem::path& root);
  ~WatchedDirectory();
  WatchedDirectory(const WatchedDirectory&) = delete;
  WatchedDirectory& operator=(const WatchedDirectory&) = delete;

  DiskRecord& record() { return record_; }

  // In force from now on, counting from 1 again.
  void Plan(FaultPlan plan);

  // How many calls have failed as planned, by this plan and those before it.
  std::int64_t faults() const { return faults_; }

  // A file was synced again after that had failed.
  bool is_failed_sync_repeated() const { return is_failed_sync_repeated_; }

  // What the C library's functions do while this is there; as they do, each returns -1 and sets
  // errno where it fails, but Reserve, which returns the error.
  int Open(int directory, const char* path, int flags, mode_t mode);
  int Reserve(int file, off_t position, off_t bytes);
  ssize_t Read(int file, void* bytes, std::size_t count, off_t position);  // -1: where it stands
  ssize_t Write(int file, const void* bytes, std::size_t count, off_t position);
  int Truncate(int file, off_t size);
  int Sync(int file, long system_call);
  int Close(int file);
  int Rename(int directory, const char* from, int new_directory, const char* to, unsigned flags);
  int MakeDirectory(const char* path, mode_t mode);
  int Remove(int directory, const char* path, int flags);

 private:
  // A name in a directory that is known.
  struct Place {
    Inode directory = kNoInode;  // kNoInode: not beneath the root
    std::string name = {};

    bool is_watched() const { return directory != kNoInode; }
  };

  Place Locate(int directory, const char* path) const;
  Inode Find(const Place& place) const { return record_.Find(place.directory, place.name); }
  Inode OpenFile(int file) const;  // kNoInode: not one that is watched
  bool Fails(FileCall call);       // then errno is set

  const std::string root_;
  DiskRecord record_;
  std::map<int, Inode> open_;  // by descriptor
  FaultPlan plan_;
  std::int64_t counted_ = 0;
  std::int64_t faults_ = 0;
  std::set<Inode> failed_syncs_;
  bool is_failed_sync_repeated_ = false;
};

}  // namespace descent
