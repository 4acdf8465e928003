#include "coordinator/checkpoint_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "checkpoint/published_files.h"
#include "common/file.h"
#include "common/limits.h"

namespace descent {
namespace {

Status IoError(const std::filesystem::path& path) {
  return Status(Code::kUnavailable, path.string() + ": " + std::strerror(errno));
}

Result<FileDigest> DigestFile(const std::filesystem::path& directory, const std::string& name,
                              const std::function<bool()>& is_cancelled) {
  const Result<CheckpointFile> file = CheckpointFile::Open(directory, name);
  if (file.status().code() == Code::kNotFound)
    return Status(Code::kDataLoss, (directory / name).string() + " is missing");
  if (!file.ok()) return file.status();
  FileHasher hasher;
  for (std::int64_t offset = 0; offset < file.value().size();) {
    if (is_cancelled()) return Status(Code::kCancelled, "nobody waits for the answer any more");
    DESCENT_ASSIGN(const std::string chunk, file.value().ReadChunk(offset));
    hasher.Add(std::as_bytes(std::span(chunk)));
    offset += std::ssize(chunk);
  }
  return hasher.Finish(name);
}

}  // namespace

Result<std::vector<std::string>> ListCheckpointFiles(const std::filesystem::path& directory) {
  Result<std::vector<std::string>> names = ListDirectory(directory);
  if (names.status().code() == Code::kNotFound) return std::vector<std::string>();
  return names;
}

Result<std::int64_t> VerifyCheckpointFiles(const std::filesystem::path& directory,
                                           const Digest& state_digest,
                                           const std::function<bool()>& is_cancelled) {
  const Result<Manifest> read = ReadManifest(directory);
  if (read.status().code() == Code::kNotFound)
    return Status(Code::kDataLoss, directory.string() + " is missing");
  DESCENT_ASSIGN(const Manifest manifest, read);
  if (manifest.state_digest != state_digest)
    return Status(Code::kDataLoss, (directory / kManifestName).string() + " is of state digest " +
                                       manifest.state_digest.ToHex() + ", must be of " +
                                       state_digest.ToHex());
  std::int64_t bytes = 0;
  for (const FileDigest& wanted : manifest.files) {
    DESCENT_ASSIGN(const FileDigest found, DigestFile(directory, wanted.name, is_cancelled));
    DESCENT_RETURN_IF_ERROR(CompareFile((directory / wanted.name).string(), found, wanted));
    bytes += found.bytes;
  }
  return bytes;
}

Result<CheckpointFile> CheckpointFile::Open(const std::filesystem::path& directory,
                                            const std::string& file) {
  DESCENT_ASSIGN(const std::vector<std::string> names, ListCheckpointFiles(directory));
  if (std::find(names.begin(), names.end(), file) == names.end())
    return Status(Code::kNotFound, "the checkpoint has no file \"" + file + "\"");
  const std::filesystem::path path = directory / file;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (descriptor < 0) return IoError(path);
  struct stat facts {};
  CheckpointFile opened(descriptor, 0);
  if (fstat(descriptor, &facts) != 0) return IoError(path);
  if (!S_ISREG(facts.st_mode))
    return Status(Code::kNotFound, path.string() + " is not a regular file");
  opened.size_ = facts.st_size;
  return opened;
}

CheckpointFile::CheckpointFile(CheckpointFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}

CheckpointFile::~CheckpointFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

Result<std::string> CheckpointFile::ReadChunk(std::int64_t offset) const {
  DESCENT_CHECK(0 <= offset && offset <= size_);
  std::string chunk(std::min<std::int64_t>(limits::kChunkBytes, size_ - offset), '\0');
  std::size_t read_bytes = 0;
  while (read_bytes < chunk.size()) {
    const ssize_t count = pread(descriptor_, chunk.data() + read_bytes, chunk.size() - read_bytes,
                                offset + read_bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Status(Code::kUnavailable, std::string("cannot read: ") + std::strerror(errno));
    if (count == 0) return Status(Code::kDataLoss, "the file shrank while it was read");
    read_bytes += count;
  }
  return chunk;
}

}  // namespace descent
