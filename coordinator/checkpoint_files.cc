#include "coordinator/checkpoint_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/published_files.h"
#include "common/file.h"
#include "common/limits.h"

namespace descent {
namespace {

Status IoError(const std::filesystem::path& path) {
  return Status(Code::kUnavailable, path.string() + ": " + std::strerror(errno));
}

// How many names at the end of a path are not the operator's, who chose the checkpoint root: those
// of a job, a checkpoint and its file.
constexpr int kNamesOfJob = 1;
constexpr int kNamesOfCheckpoint = 2;
constexpr int kNamesOfFile = 3;

Result<Descriptor> OpenInCheckpoint(const std::filesystem::path& path, int names, int flags) {
  std::filesystem::path root = path;
  for (int i = 0; i < names && root.has_relative_path(); ++i) root = root.parent_path();
  return OpenBeneath(root, path.lexically_relative(root), flags);
}

// Paths through which the kernel reaches what is open, whatever has its name by now.
std::filesystem::path PathOf(const Descriptor& descriptor) {
  return "/proc/self/fd/" + std::to_string(descriptor.number());
}

// `status` of work done by way of PathOf.
Status WithRealPath(const Status& status, const std::string& used, const std::string& real) {
  std::string message = status.message();
  for (std::size_t at = 0; (at = message.find(used, at)) != message.npos; at += real.size())
    message.replace(at, used.size(), real);
  return Status(status.code(), std::move(message));
}

Result<Manifest> ReadManifestOf(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / kManifestName;
  const Result<CheckpointFile> file = CheckpointFile::Open(directory, std::string(kManifestName));
  if (file.status().code() == Code::kNotFound)
    return Status(Code::kDataLoss, path.string() + " is missing");
  DESCENT_RETURN_IF_ERROR(file.status());
  if (file.value().size() > kManifestBytesMax)
    return Status(Code::kDataLoss, path.string() + " is too large for a manifest");
  std::string text;
  while (std::ssize(text) < file.value().size()) {
    DESCENT_ASSIGN(const std::string chunk, file.value().ReadChunk(std::ssize(text)));
    text += chunk;
  }
  return DecodeManifestOf(directory, text);
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
  const Result<Descriptor> opened = OpenInCheckpoint(directory, kNamesOfCheckpoint, O_DIRECTORY);
  if (opened.status().code() == Code::kNotFound) return std::vector<std::string>();
  if (!opened.ok()) return opened.status();
  return ListDirectory(PathOf(opened.value()));
}

Result<std::int64_t> VerifyCheckpointFiles(const std::filesystem::path& directory,
                                           const Digest& state_digest,
                                           const std::function<bool()>& is_cancelled) {
  DESCENT_ASSIGN(const std::vector<std::string> names, ListCheckpointFiles(directory));
  if (names.empty()) return Status(Code::kDataLoss, directory.string() + " is missing");
  DESCENT_ASSIGN(const Manifest manifest, ReadManifestOf(directory));
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

Result<bool> RemoveCheckpointFiles(const std::filesystem::path& job_directory, std::int64_t step,
                                   std::int64_t generation) {
  const Result<Descriptor> opened = OpenInCheckpoint(job_directory, kNamesOfJob, O_DIRECTORY);
  if (opened.status().code() == Code::kNotFound) return false;
  if (!opened.ok()) return opened.status();
  const std::filesystem::path path = PathOf(opened.value());
  Result<bool> removed = RemoveCheckpoint(path, step, generation);
  if (removed.ok()) return removed;
  return WithRealPath(removed.status(), path.string(), job_directory.string());
}

Result<CheckpointFile> CheckpointFile::Open(const std::filesystem::path& directory,
                                            const std::string& file) {
  DESCENT_ASSIGN(const std::vector<std::string> names, ListCheckpointFiles(directory));
  if (std::find(names.begin(), names.end(), file) == names.end())
    return Status(Code::kNotFound, "the checkpoint has no file \"" + file + "\"");
  const std::filesystem::path path = directory / file;
  DESCENT_ASSIGN(Descriptor descriptor, OpenInCheckpoint(path, kNamesOfFile, 0));
  CheckpointFile opened(std::move(descriptor), 0);
  struct stat facts {};
  if (fstat(opened.descriptor_.number(), &facts) != 0) return IoError(path);
  if (!S_ISREG(facts.st_mode))
    return Status(Code::kNotFound, path.string() + " is not a regular file");
  opened.size_ = facts.st_size;
  return opened;
}

Result<std::string> CheckpointFile::ReadChunk(std::int64_t offset) const {
  DESCENT_CHECK(0 <= offset && offset <= size_);
  std::string chunk(std::min<std::int64_t>(limits::kChunkBytes, size_ - offset), '\0');
  std::size_t read_bytes = 0;
  while (read_bytes < chunk.size()) {
    const ssize_t count = pread(descriptor_.number(), chunk.data() + read_bytes,
                                chunk.size() - read_bytes, offset + read_bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      return Status(Code::kUnavailable, std::string("cannot read: ") + std::strerror(errno));
    if (count == 0) return Status(Code::kDataLoss, "the file shrank while it was read");
    read_bytes += count;
  }
  return chunk;
}

}  // namespace descent
