#include "tests/fault/disk_record.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace descent {

DiskRecord::DiskRecord() { nodes_.push_back({.kind = InodeKind::kDirectory}); }

DiskRecord::Node& DiskRecord::At(Inode inode) {
  DESCENT_CHECK(0 <= inode && inode < std::ssize(nodes_));
  return nodes_[static_cast<std::size_t>(inode)];
}

const DiskRecord::Node& DiskRecord::At(Inode inode) const {
  DESCENT_CHECK(0 <= inode && inode < std::ssize(nodes_));
  return nodes_[static_cast<std::size_t>(inode)];
}

bool DiskRecord::IsDirectory(Inode inode) const { return At(inode).kind == InodeKind::kDirectory; }

std::int64_t DiskRecord::SizeOf(Inode file) const { return At(file).size; }

Inode DiskRecord::Find(Inode directory, const std::string& name) const {
  const auto& entries = At(directory).entries;
  const auto found = entries.find(name);
  return found == entries.end() ? kNoInode : found->second;
}

Inode DiskRecord::Create(Inode directory, const std::string& name, InodeKind kind) {
  DESCENT_CHECK(Find(directory, name) == kNoInode);
  const auto child = static_cast<Inode>(nodes_.size());
  nodes_.push_back({.kind = kind});
  At(directory).entries[name] = child;
  operations_.push_back(
      {.kind = DiskOperation::Kind::kLink, .inode = directory, .name = name, .child = child});
  return child;
}

void DiskRecord::Remove(Inode directory, const std::string& name) {
  const Inode child = Find(directory, name);
  DESCENT_CHECK(child != kNoInode);
  At(directory).entries.erase(name);
  operations_.push_back(
      {.kind = DiskOperation::Kind::kUnlink, .inode = directory, .name = name, .child = child});
}

void DiskRecord::Rename(Inode directory, const std::string& name, const std::string& new_name) {
  const Inode child = Find(directory, name);
  DESCENT_CHECK(child != kNoInode);
  At(directory).entries.erase(name);
  At(directory).entries[new_name] = child;
  operations_.push_back({.kind = DiskOperation::Kind::kMove,
                         .inode = directory,
                         .name = name,
                         .new_name = new_name,
                         .child = child});
}

void DiskRecord::Write(Inode file, std::int64_t position, std::string bytes) {
  At(file).size = std::max(At(file).size, position + std::ssize(bytes));
  operations_.push_back({.kind = DiskOperation::Kind::kWrite,
                         .inode = file,
                         .position = position,
                         .bytes = std::move(bytes)});
}

void DiskRecord::Resize(Inode file, std::int64_t size) {
  At(file).size = size;
  operations_.push_back({.kind = DiskOperation::Kind::kResize, .inode = file, .position = size});
}

void DiskRecord::Sync(Inode inode) {
  operations_.push_back({.kind = DiskOperation::Kind::kSync, .inode = inode});
}

void DiskRecord::FailSync(Inode inode) {
  operations_.push_back({.kind = DiskOperation::Kind::kFailedSync, .inode = inode});
}

std::size_t DiskRecord::AcknowledgedAfter(std::size_t operations) const {
  const auto end = std::upper_bound(acknowledged_at_.begin(), acknowledged_at_.end(), operations);
  return static_cast<std::size_t>(end - acknowledged_at_.begin());
}

}  // namespace descent
