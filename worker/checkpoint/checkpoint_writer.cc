#include "worker/checkpoint/checkpoint_writer.h"

#include <spdlog/fmt/fmt.h>

#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/file.h"
#include "common/log.h"
#include "worker/checkpoint/checkpoint_directory.h"
#include "worker/checkpoint/checkpoint_reader.h"
#include "worker/checkpoint/file_digest.h"
#include "worker/checkpoint/safetensors.h"

namespace descent {
namespace {

// A safetensors file as the pieces it is written from. Not movable: the first piece is the header.
class TensorFilePieces {
 public:
  explicit TensorFilePieces(std::span<const TensorView> tensors)
      : header_(EncodeSafetensorsHeader(tensors)) {
    pieces_.push_back(std::as_bytes(std::span(header_)));
    for (const TensorView& tensor : tensors) pieces_.push_back(std::as_bytes(tensor.values));
  }
  TensorFilePieces(const TensorFilePieces&) = delete;
  TensorFilePieces& operator=(const TensorFilePieces&) = delete;

  std::span<const std::span<const std::byte>> pieces() const { return pieces_; }

 private:
  const std::string header_;
  std::vector<std::span<const std::byte>> pieces_;
};

FileDigest DigestText(std::string_view name, const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return DigestPieces(std::string(name), std::span(&bytes, 1));
}

// All bytes of a checkpoint, before any of them is written.
struct EncodedCheckpoint {
  explicit EncodedCheckpoint(const CheckpointContents& contents)
      : model(contents.parameters),
        optimizer(contents.optimizer),
        model_description(EncodeModelDescription(contents.model)),
        manifest{.description = contents.description,
                 .state_digest = contents.state_digest,
                 .files = {DigestPieces(std::string(kModelName), model.pieces()),
                           DigestPieces(std::string(kOptimizerName), optimizer.pieces()),
                           DigestText(kModelDescriptionName, model_description)}},
        manifest_text(EncodeManifest(manifest)) {}

  std::int64_t bytes() const {
    std::int64_t bytes = std::ssize(manifest_text);
    for (const FileDigest& file : manifest.files) bytes += file.bytes;
    return bytes;
  }

  const TensorFilePieces model;
  const TensorFilePieces optimizer;
  const std::string model_description;
  const Manifest manifest;
  const std::string manifest_text;
};

Status CheckFreeSpace(const std::filesystem::path& root, std::int64_t bytes) {
  DESCENT_ASSIGN(const std::int64_t free_bytes, FreeBytes(root));
  if (free_bytes >= bytes) return Status();
  return Status(Code::kResourceExhausted,
                fmt::format("{} has {} free bytes, a checkpoint must have {}", root.string(),
                            free_bytes, bytes));
}

// True if the step is there with this very state. A damaged one is set aside: false.
Result<bool> AdoptExisting(const std::filesystem::path& root, const Manifest& wanted) {
  const CheckpointDescription& description = wanted.description;
  const std::filesystem::path directory = root / CheckpointName(description.step);
  std::error_code ignored;
  if (!std::filesystem::exists(directory, ignored)) return false;
  const Result<Manifest> found = VerifyCheckpoint(directory);
  if (found.ok() && found.value().state_digest == wanted.state_digest) return true;
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
  return false;
}

// The manifest is written last: a directory that has one has everything.
Status WriteFiles(const std::filesystem::path& directory, const EncodedCheckpoint& checkpoint) {
  DESCENT_RETURN_IF_ERROR(MakeDirectories(directory));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / kModelName, checkpoint.model.pieces()));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / kOptimizerName, checkpoint.optimizer.pieces()));
  DESCENT_RETURN_IF_ERROR(WriteNewFile(directory / kModelDescriptionName,
                                       std::string_view(checkpoint.model_description)));
  DESCENT_RETURN_IF_ERROR(
      WriteNewFile(directory / kManifestName, std::string_view(checkpoint.manifest_text)));
  return SyncDirectory(directory);
}

Status WriteAndRename(const std::filesystem::path& root, const EncodedCheckpoint& checkpoint) {
  const CheckpointDescription& description = checkpoint.manifest.description;
  const auto temporary = root / TemporaryName(description.step, description.generation);
  Status status = WriteFiles(temporary, checkpoint);
  if (status.ok()) status = RenameNoReplace(temporary, root / CheckpointName(description.step));
  if (status.ok()) return SyncDirectory(root);
  const Status removed = RemoveTree(temporary);
  if (!removed.ok()) LogWarning("leftover not removed error=\"{}\"", removed.message());
  return status;
}

}  // namespace

Result<PublishedCheckpoint> PublishCheckpoint(const std::filesystem::path& root,
                                              const CheckpointContents& contents,
                                              const CheckpointRetention& retention) {
  const CheckpointDescription& description = contents.description;
  DESCENT_CHECK(description.step >= 0);
  DESCENT_CHECK(description.generation >= 0);
  DESCENT_RETURN_IF_ERROR(MakeDirectories(root));
  DESCENT_RETURN_IF_ERROR(RemoveLeftovers(root, description.generation));
  const EncodedCheckpoint checkpoint(contents);

  DESCENT_ASSIGN(const bool was_adopted, AdoptExisting(root, checkpoint.manifest));
  const std::filesystem::path directory = root / CheckpointName(description.step);
  if (!was_adopted) {
    DESCENT_RETURN_IF_ERROR(CheckFreeSpace(root, checkpoint.bytes()));
    DESCENT_RETURN_IF_ERROR(WriteAndRename(root, checkpoint));
    DESCENT_RETURN_IF_ERROR(VerifyCheckpoint(directory).status());
  }

  // The new checkpoint is safe; old ones that stay longer than asked are no reason to fail.
  const Status retained =
      RemoveOldCheckpoints(root, retention, description.step, description.generation);
  if (!retained.ok()) LogWarning("old checkpoint not removed error=\"{}\"", retained.message());
  return PublishedCheckpoint{.directory = directory,
                             .state_digest = checkpoint.manifest.state_digest,
                             .bytes = checkpoint.bytes(),
                             .was_adopted = was_adopted};
}

}  // namespace descent
