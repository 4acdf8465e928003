#pragma once

#include <cstddef>
#include <cstdint>
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

// Of a file that consists of these pieces, one after the other.
FileDigest DigestPieces(std::string name, std::span<const std::span<const std::byte>> pieces);

// kDataLoss: `bytes` are not those of `wanted`; names the first chunk that differs. `path` is how
// the message calls the file.
Status VerifyFile(const std::string& path, std::span<const std::byte> bytes,
                  const FileDigest& wanted);

}  // namespace descent
