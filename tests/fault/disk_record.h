#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace descent {

// A file or a directory of a DiskRecord, whatever its name is.
using Inode = int;
inline constexpr Inode kNoInode = -1;
inline constexpr Inode kRootInode = 0;

enum class InodeKind { kFile, kDirectory };

// One change of a disk, or what becomes of the earlier changes of one inode.
struct DiskOperation {
  enum class Kind {
    kWrite,
    kResize,  // cut, or grown with zeros
    kLink,    // a new inode under a name
    kUnlink,
    kMove,        // within its directory; what had the new name is gone
    kSync,        // what was done to the inode before survives
    kFailedSync,  // of a file: the kernel has dropped what it could not write
  };
  Kind kind = Kind::kSync;
  Inode inode = kNoInode;     // that changes: a file, or the directory that has the names
  std::int64_t position = 0;  // kWrite: in the file; kResize: its new size
  std::string bytes = {};     // kWrite
  std::string name = {};
  std::string new_name = {};  // kMove
  Inode child = kNoInode;     // that has the name
};

// What was asked of a disk that was empty, in order, and the names that it has now. It keeps what
// was written, not what files hold. One thread.
class DiskRecord {
 public:
  DiskRecord();

  bool IsDirectory(Inode inode) const;
  std::int64_t SizeOf(Inode file) const;
  Inode Find(Inode directory, const std::string& name) const;  // kNoInode: nothing has that name

  Inode Create(Inode directory, const std::string& name, InodeKind kind);
  void Remove(Inode directory, const std::string& name);
  void Rename(Inode directory, const std::string& name, const std::string& new_name);
  void Write(Inode file, std::int64_t position, std::string bytes);
  void Resize(Inode file, std::int64_t size);
  void Sync(Inode inode);
  void FailSync(Inode inode);

  // Something was promised to somebody: it has to survive from now on.
  void Acknowledge() { acknowledged_at_.push_back(operations_.size()); }

  const std::vector<DiskOperation>& operations() const { return operations_; }
  std::size_t inodes() const { return nodes_.size(); }
  // How much had been acknowledged after so many operations.
  std::size_t AcknowledgedAfter(std::size_t operations) const;

 private:
  struct Node {
    InodeKind kind = InodeKind::kFile;
    std::int64_t size = 0;
    std::map<std::string, Inode> entries = {};
  };

  Node& At(Inode inode);
  const Node& At(Inode inode) const;

  std::vector<Node> nodes_;
  std::vector<DiskOperation> operations_;
  std::vector<std::size_t> acknowledged_at_;  // numbers of operations
};

}  // namespace descent
