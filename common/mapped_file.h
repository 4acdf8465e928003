#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

#include "common/result.h"

namespace descent {

// A file's bytes, mapped for reading: pages come from the disk as they are looked at, and processes
// of one machine share them. Moving it does not move the bytes. The file must keep its size
// meanwhile: the kernel ends a process (SIGBUS) that looks beyond the end of a file cut short;
// ExplainBusErrors (mapping_list.h) lets it name the file.
// Immutable, so any thread may read.
class MappedFile {
 public:
  // Errors as of file.h. kInvalidArgument: not a regular file. An empty file has no bytes. Blocks.
  static Result<MappedFile> Open(const std::filesystem::path& path);

  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~MappedFile();

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::span<const std::byte> bytes_;
};

}  // namespace descent
