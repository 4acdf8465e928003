#include "worker/checkpoint/checkpoint_writer.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint_directory.h"
#include "checkpoint/file_digest.h"
#include "common/check.h"
#include "common/failpoint.h"
#include "common/file.h"
#include "common/log.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/checkpoint_room.h"
#include "worker/checkpoint/safetensors.h"

namespace descent {
namespace {

// What goes through the processor at once, so that it is hashed and written, or read and hashed,
// while it is in the cache.
constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

std::int64_t TensorBytes(std::span<const TensorView> tensors) {
  std::int64_t bytes = 0;
  for (const TensorView& tensor : tensors) bytes += std::ssize(std::as_bytes(tensor.values));
  return bytes;
}

// Writes a file and digests what it writes.
class DigestedFile {
 public:
  explicit DigestedFile(NewFile file) : file_(std::move(file)) {}

  Status Append(std::span<const std::byte> bytes) {
    hasher_.Add(bytes);
    return file_.Append(bytes);
  }
  Result<FileDigest> Finish(std::string_view name) {
    DESCENT_RETURN_IF_ERROR(file_.Finish());
    return hasher_.Finish(std::string(name));
  }

 private:
  NewFile file_;
  FileHasher hasher_;
};

// Tensors go to the file and into the digest of the state, block by block.
Result<FileDigest> WriteTensors(const std::filesystem::path& directory, std::string_view name,
                                std::span<const TensorView> tensors, ChunkedHasher& state) {
  const std::string header = EncodeSafetensorsHeader(tensors);
  const auto bytes = static_cast<std::size_t>(std::ssize(header) + TensorBytes(tensors));
  DESCENT_ASSIGN(NewFile created, NewFile::Create(directory / name, bytes));
  DigestedFile file(std::move(created));
  DESCENT_RETURN_IF_ERROR(file.Append(std::as_bytes(std::span(header))));
  for (const TensorView& tensor : tensors) {
    std::span<const std::byte> rest = std::as_bytes(tensor.values);
    while (!rest.empty()) {
      const auto block = rest.first(std::min(rest.size(), kBlockBytes));
      state.AddPiece(block);
      DESCENT_RETURN_IF_ERROR(file.Append(block));
      rest = rest.subspan(block.size());
    }
    state.EndString();
  }
  return file.Finish(name);
}

Result<FileDigest> WriteText(const std::filesystem::path& directory, std::string_view name,
                             const std::string& text) {
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / name, std::string_view(text)));
  return DigestBytes(std::string(name), std::as_bytes(std::span(text)));
}

Status CheckFreeSpace(const std::filesystem::path& root, std::int64_t bytes) {
  DESCENT_ASSIGN(const VolumeSpace space, MeasureVolume(root));
  if (space.free_bytes >= bytes) return Status();
  return Status(Code::kResourceExhausted,
                fmt::format("{} has {} free bytes, a checkpoint must have {}", root.string(),
                            space.free_bytes, bytes));
}

// The manifest of what is there if it is the step with this very state. A damaged one is set aside.
Result<std::optional<Manifest>> AdoptExisting(const std::filesystem::path& root,
                                              const CheckpointContents& wanted) {
  const CheckpointDescription& description = wanted.description;
  const std::filesystem::path directory = root / PublishedName(description.step);
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored)) return std::optional<Manifest>();
  Result<Manifest> found = VerifyCheckpoint(directory);
  if (found.ok() && found.value().state_digest == wanted.state_digest) {
    // Whoever renamed it may have died before the name was on disk.
    DESCENT_RETURN_IF_ERROR(SyncDirectory(root));
    return std::optional(std::move(found).value());
  }
  if (found.ok())
    return Status(Code::kDataLoss,
                  fmt::format("{} of generation {} has state digest {}, generation {} computed {}: "
                              "one step must have one result",
                              directory.string(), found.value().description.generation,
                              found.value().state_digest.ToHex(), description.generation,
                              wanted.state_digest.ToHex()));
  if (found.status().code() != Code::kDataLoss) return found.status();
  LogWarning("damaged checkpoint replaced directory={} reason=\"{}\"", directory.string(),
             found.status().message());
  const auto deleted = root / DeletedName(description.step, description.generation);
  DESCENT_RETURN_IF_ERROR(RenameNoReplace(directory, deleted));
  DESCENT_RETURN_IF_ERROR(RemoveTree(deleted));
  return std::optional<Manifest>();
}

// The manifest is written last: a directory that has one has everything. What is not the state of
// the digest has none.
Result<Manifest> WriteFiles(const std::filesystem::path& directory,
                            const CheckpointContents& contents) {
  DESCENT_FAILPOINT("checkpoint.write.before");
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory));
  Manifest manifest{.description = contents.description, .state_digest = contents.state_digest};
  ChunkedHasher state;
  DESCENT_ASSIGN(manifest.files.emplace_back(),
                 WriteTensors(directory, kModelName, contents.parameters, state));
  DESCENT_ASSIGN(manifest.files.emplace_back(),
                 WriteTensors(directory, kOptimizerName, contents.optimizer, state));
  if (state.Finish() != contents.state_digest)
    return Status(Code::kDataLoss,
                  fmt::format("the state to be written has digest {}, must have {}: memory changed",
                              state.Finish().ToHex(), contents.state_digest.ToHex()));
  DESCENT_ASSIGN(manifest.files.emplace_back(), WriteText(directory, kModelDescriptionName,
                                                          EncodeModelDescription(contents.model)));
  DESCENT_FAILPOINT("checkpoint.manifest.before");
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / kManifestName, EncodeManifest(manifest)));
  DESCENT_RETURN_IF_ERROR(SyncDirectory(directory));
  DESCENT_FAILPOINT("checkpoint.write.after");
  return manifest;
}

std::int64_t BytesOf(const Manifest& manifest) {
  std::int64_t bytes = std::ssize(EncodeManifest(manifest));
  for (const FileDigest& file : manifest.files) bytes += file.bytes;
  return bytes;
}

// Whether the disk has what was written.
Status ReadBack(const std::filesystem::path& directory, const Manifest& manifest) {
  std::vector<std::byte> block(kBlockBytes);
  for (const FileDigest& file : manifest.files)
    DESCENT_RETURN_IF_ERROR(VerifyFile(directory / file.name, file, block));
  return ReadManifest(directory).status();
}

Result<Manifest> WriteAndRename(const std::filesystem::path& root,
                                const CheckpointContents& contents) {
  const CheckpointDescription& description = contents.description;
  const auto temporary = root / TemporaryName(description.step, description.generation);
  Result<Manifest> manifest = WriteFiles(temporary, contents);
  Status status = manifest.status();
  if (status.ok()) status = ReadBack(temporary, manifest.value());
  DESCENT_FAILPOINT("checkpoint.publish.before");
  if (status.ok()) status = RenameNoReplace(temporary, root / PublishedName(description.step));
  if (status.ok()) status = SyncDirectory(root);
  DESCENT_FAILPOINT("checkpoint.publish.after");
  if (status.ok()) return manifest;
  const Status removed = RemoveTree(temporary);
  if (!removed.ok()) LogWarning("leftover not removed error=\"{}\"", removed.message());
  return status;
}

}  // namespace

Result<PublishedCheckpoint> PublishCheckpoint(const std::filesystem::path& root,
                                              const CheckpointContents& contents,
                                              std::span<const std::int64_t> kept_steps) {
  const CheckpointDescription& description = contents.description;
  DESCENT_CHECK(description.step >= 0);
  DESCENT_CHECK(description.generation >= 0);
  DESCENT_RETURN_IF_ERROR(MakeRoom(root, kept_steps, description.generation));
  DESCENT_ASSIGN(std::optional<Manifest> manifest, AdoptExisting(root, contents));
  const bool was_adopted = manifest.has_value();
  if (!was_adopted) {
    const std::int64_t bytes = TensorBytes(contents.parameters) + TensorBytes(contents.optimizer);
    DESCENT_RETURN_IF_ERROR(CheckFreeSpace(root, bytes));
    DESCENT_ASSIGN(manifest, WriteAndRename(root, contents));
  }

  return PublishedCheckpoint{.directory = root / PublishedName(description.step),
                             .state_digest = contents.state_digest,
                             .bytes = BytesOf(*manifest),
                             .was_adopted = was_adopted};
}

}  // namespace descent
