#include "worker/checkpoint/file_digest.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace descent {

// Chunks cross the borders of the pieces, so the pieces go through a buffer of one chunk.
FileDigest DigestPieces(std::string name, std::span<const std::span<const std::byte>> pieces) {
  FileDigest file{.name = std::move(name)};
  ChunkedHasher hasher;
  std::vector<std::byte> chunk;
  for (std::span<const std::byte> piece : pieces) {
    file.bytes += std::ssize(piece);
    while (!piece.empty()) {
      const std::size_t count =
          std::min(piece.size(), ChunkedHasher::kDigestChunkBytes - chunk.size());
      chunk.insert(chunk.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(count));
      piece = piece.subspan(count);
      if (chunk.size() < ChunkedHasher::kDigestChunkBytes) continue;
      hasher.Add(chunk);
      chunk.clear();
    }
  }
  hasher.Add(chunk);
  file.digest = hasher.Finish();
  file.chunks = hasher.chunks();
  return file;
}

Status VerifyFile(const std::string& path, std::span<const std::byte> bytes,
                  const FileDigest& wanted) {
  if (std::ssize(bytes) != wanted.bytes)
    return Status(Code::kDataLoss,
                  fmt::format("{} has {} bytes, must have {}", path, bytes.size(), wanted.bytes));
  const FileDigest found = DigestPieces(wanted.name, std::span(&bytes, 1));
  const auto [found_chunk, wanted_chunk] = std::mismatch(
      found.chunks.begin(), found.chunks.end(), wanted.chunks.begin(), wanted.chunks.end());
  if (found_chunk != found.chunks.end() && wanted_chunk != wanted.chunks.end())
    return Status(Code::kDataLoss,
                  fmt::format("{} is corrupt in chunk {} of {}: digest {}, must be {}", path,
                              found_chunk - found.chunks.begin(), found.chunks.size(),
                              found_chunk->ToHex(), wanted_chunk->ToHex()));
  if (found != wanted)
    return Status(Code::kDataLoss, fmt::format("{} has digest {}, must have {}", path,
                                               found.digest.ToHex(), wanted.digest.ToHex()));
  return Status();
}

}  // namespace descent
