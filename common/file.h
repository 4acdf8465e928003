#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace descent {

// Files, with errors that name the path and the cause. Every function blocks; any thread.
// kNotFound: no such file. kResourceExhausted: disk full. kUnavailable: any other I/O error.

// All bytes of a regular file. kInvalidArgument: not a regular file, or larger than `bytes_max`.
Result<std::string> ReadFile(const std::filesystem::path& path,
                             std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

// Calls `take` with the bytes of a regular file, block by block, of at most `block.size()` bytes
// each, which lie in `block`. kInvalidArgument: not a regular file.
Status ReadBlocks(const std::filesystem::path& path, std::span<std::byte> block,
                  const std::function<void(std::span<const std::byte>)>& take);

// A file that is being written, and is only left there when it is whole.
class NewFile {
 public:
  // Creates `path` for its owner alone. Space for `bytes` is reserved, so a full disk is found
  // before anything is written. kAlreadyExists: something is there, also a link, which is never
  // followed.
  static Result<NewFile> Create(const std::filesystem::path& path, std::size_t bytes);

  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();  // removes it, unless Finish succeeded

  Status Append(std::span<const std::byte> bytes);
  Status Finish();  // what was appended survives power loss

 private:
  NewFile(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  const std::filesystem::path path_;
  int descriptor_;  // -1: it is not this object's any more
};

// A whole file, as NewFile.
Status WriteNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes);
Status WriteNewFile(const std::filesystem::path& path, std::string_view text);

// The same for bytes that lie in several pieces, written one after the other.
Status WriteNewFile(const std::filesystem::path& path,
                    std::span<const std::span<const std::byte>> pieces);

// Makes created, renamed or removed names in a directory survive power loss.
Status SyncDirectory(const std::filesystem::path& path);

// Atomic; kAlreadyExists if `to` is there. The file system must offer it: the local ones do.
Status RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes `path` and its missing parents, for their owner alone; they survive power loss. Succeeds if
// it is there.
Status MakeDirectories(const std::filesystem::path& path);
Status RemoveTree(const std::filesystem::path& path);  // succeeds if there is nothing
Result<std::vector<std::string>> ListDirectory(const std::filesystem::path& path);  // sorted names

struct VolumeSpace {
  std::int64_t free_bytes = 0;  // that this user may still write
  std::int64_t total_bytes = 0;
};

// Of the volume of `path`, which exists.
Result<VolumeSpace> MeasureVolume(const std::filesystem::path& path);

}  // namespace descent
