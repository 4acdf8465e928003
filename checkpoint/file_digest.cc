#include "checkpoint/file_digest.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

#include "common/file.h"

namespace descent {

void FileHasher::Add(std::span<const std::byte> piece) {
  bytes_ += std::ssize(piece);
  hasher_.AddPiece(piece);
}

FileDigest FileHasher::Finish(std::string name) {
  hasher_.EndString();
  return {.name = std::move(name),
          .bytes = bytes_,
          .digest = hasher_.Finish(),
          .chunks = hasher_.chunks()};
}

FileDigest DigestBytes(std::string name, std::span<const std::byte> bytes) {
  FileHasher hasher;
  hasher.Add(bytes);
  return hasher.Finish(std::move(name));
}

Status CompareFile(const std::string& path, const FileDigest& found, const FileDigest& wanted) {
  if (found.bytes != wanted.bytes)
    return Status(Code::kDataLoss,
                  fmt::format("{} has {} bytes, must have {}", path, found.bytes, wanted.bytes));
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

Status VerifyFile(const std::filesystem::path& path, const FileDigest& wanted,
                  std::span<std::byte> block) {
  FileHasher hasher;
  DESCENT_RETURN_IF_ERROR(
      ReadBlocks(path, block, [&](std::span<const std::byte> bytes) { hasher.Add(bytes); }));
  return CompareFile(path.string(), hasher.Finish(wanted.name), wanted);
}

}  // namespace descent
