#include "worker/export/write_model.h"

#include <string>
#include <system_error>
#include <vector>

#include "common/file.h"
#include "worker/checkpoint/safetensors.h"

namespace descent {
namespace {

using Pieces = std::span<const std::span<const std::byte>>;

std::filesystem::path PartOf(const std::filesystem::path& path) {
  std::filesystem::path part = path;
  return part += ".part";
}

Status WritePieces(const std::filesystem::path& file, Pieces pieces) {
  const std::filesystem::path part = PartOf(file);
  std::error_code error;
  std::filesystem::remove(part, error);
  DESCENT_RETURN_IF_ERROR(WriteNewFile(part, pieces));
  std::filesystem::rename(part, file, error);
  if (!error) return Status();
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  return Status(Code::kUnavailable,
                "cannot rename " + part.string() + " to " + file.string() + ": " + error.message());
}

}  // namespace

Status WriteWholeFile(const std::filesystem::path& file, std::string_view bytes) {
  const std::vector<std::span<const std::byte>> pieces = {std::as_bytes(std::span(bytes))};
  return WritePieces(file, pieces);
}

Status WriteSafetensors(const std::filesystem::path& file, std::span<const TensorView> tensors) {
  const std::string header = EncodeSafetensorsHeader(tensors);
  std::vector<std::span<const std::byte>> pieces = {std::as_bytes(std::span(header))};
  for (const TensorView& tensor : tensors) pieces.push_back(std::as_bytes(tensor.values));
  return WritePieces(file, pieces);
}

Status WriteWholeDirectory(const std::filesystem::path& directory,
                           const std::function<Status(const std::filesystem::path&)>& fill) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(directory, ignored)))
    return Status(Code::kInvalidArgument, directory.string() + " is there already, must be new");
  const std::filesystem::path part = PartOf(directory);
  DESCENT_RETURN_IF_ERROR(RemoveTree(part));
  DESCENT_RETURN_IF_ERROR(MakeDirectories(part));
  Status status = fill(part);
  if (status.ok()) status = RenameNoReplace(part, directory);
  if (!status.ok()) std::filesystem::remove_all(part, ignored);
  return status;
}

}  // namespace descent
