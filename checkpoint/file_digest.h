#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "common/hash.h"
#include "common/status.h"

namespace descent {

// What a manifest knows of one file: enough to find which 4 MiB of it have changed.
struct FileDigest {
  std::string name;  // within the checkpoint's directory
  std::int64_t bytes = 0;
  Digest digest;               // of the chunks' digests
  std::vector<Digest> chunks;  // of 4 MiB each, the last one of the rest

  bool operator==(const FileDigest&) const = default;
};

// Digests a file's bytes as they come, in pieces of any size.
class FileHasher {
 public:
  void Add(std::span<const std::byte> piece);
  FileDigest Finish(std::string name);  // once

 private:
  std::int64_t bytes_ = 0;
  ChunkedHasher hasher_;
};

FileDigest DigestBytes(std::string name, std::span<const std::byte> bytes);

// kDataLoss: a file has other bytes than are wanted; names the first chunk that differs. `path` is
// how the message calls the file.
Status CompareFile(const std::string& path, const FileDigest& found, const FileDigest& wanted);

// Reads a file through `block` and compares it with what is wanted, kDataLoss, or as ReadBlocks.
Status VerifyFile(const std::filesystem::path& path, const FileDigest& wanted,
                  std::span<std::byte> block);

}  // namespace descent
