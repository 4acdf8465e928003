#include "worker/checkpoint/checkpoint_reader.h"

#include <spdlog/fmt/fmt.h>

#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/published_files.h"
#include "common/check.h"
#include "worker/checkpoint/safetensors.h"

namespace descent {
namespace {

// A verified file and where its tensors lie in it.
struct TensorFile {
  std::unique_ptr<const std::string> bytes;  // keeps its address, which the entries point into
  std::vector<SafetensorsEntry> entries;
};

// A file that the manifest lists, every byte compared with it.
Result<std::string> ReadVerified(const std::filesystem::path& checkpoint,
                                 const FileDigest& wanted) {
  const std::filesystem::path path = checkpoint / wanted.name;
  DESCENT_ASSIGN(std::string bytes,
                 ReadPublishedFile(path, static_cast<std::size_t>(wanted.bytes)));
  const FileDigest found = DigestBytes(wanted.name, std::as_bytes(std::span(bytes)));
  DESCENT_RETURN_IF_ERROR(CompareFile(path.string(), found, wanted));
  return bytes;
}

Result<TensorFile> ReadTensorFile(const std::filesystem::path& checkpoint,
                                  const FileDigest& wanted) {
  DESCENT_ASSIGN(std::string text, ReadVerified(checkpoint, wanted));
  auto bytes = std::make_unique<const std::string>(std::move(text));
  Result<std::vector<SafetensorsEntry>> entries =
      ParseSafetensors(std::as_bytes(std::span(*bytes)));
  if (!entries.ok()) return WithPath(entries.status(), checkpoint / wanted.name);
  return TensorFile{.bytes = std::move(bytes), .entries = std::move(entries).value()};
}

Result<std::vector<TensorFile>> ReadTensorFiles(const std::filesystem::path& checkpoint,
                                                const Manifest& manifest) {
  std::vector<TensorFile> files;
  ChunkedHasher state;
  for (const FileDigest& wanted : std::span(manifest.files).first(2)) {
    DESCENT_ASSIGN(TensorFile file, ReadTensorFile(checkpoint, wanted));
    for (const SafetensorsEntry& entry : file.entries) state.Add(entry.bytes);
    files.push_back(std::move(file));
  }
  if (state.Finish() != manifest.state_digest)
    return Status(Code::kDataLoss,
                  fmt::format("{} has state digest {}, must have {}", checkpoint.string(),
                              state.Finish().ToHex(), manifest.state_digest.ToHex()));
  return files;
}

Result<ModelDescription> ReadDescription(const std::filesystem::path& checkpoint,
                                         const Manifest& manifest) {
  const FileDigest& wanted = manifest.files[2];
  DESCENT_ASSIGN(const std::string text, ReadVerified(checkpoint, wanted));
  Result<ModelDescription> description = DecodeModelDescription(text);
  if (!description.ok()) return WithPath(description.status(), checkpoint / wanted.name);
  return description;
}

std::string ShapeText(const std::vector<std::int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// One line for each tensor that the file and the targets do not have alike.
std::vector<std::string> Mismatches(std::string_view file, const TensorFile& found,
                                    std::span<const TensorTarget> targets) {
  std::map<std::string, const SafetensorsEntry*> entries;
  for (const SafetensorsEntry& entry : found.entries) entries[entry.name] = &entry;
  std::vector<std::string> mismatches;
  for (const TensorTarget& target : targets) {
    const auto entry = entries.find(target.name);
    if (entry == entries.end()) {
      mismatches.push_back(fmt::format("{}: tensor \"{}\" is missing, must have shape {}", file,
                                       target.name, ShapeText(target.shape)));
      continue;
    }
    if (entry->second->shape != target.shape)
      mismatches.push_back(fmt::format("{}: tensor \"{}\" has shape {}, must have {}", file,
                                       target.name, ShapeText(entry->second->shape),
                                       ShapeText(target.shape)));
    entries.erase(entry);
  }
  for (const auto& [name, entry] : entries)
    mismatches.push_back(fmt::format("{}: tensor \"{}\" of shape {} is unexpected", file, name,
                                     ShapeText(entry->shape)));
  return mismatches;
}

Status MismatchStatus(const std::filesystem::path& checkpoint,
                      const std::vector<std::string>& mismatches) {
  if (mismatches.empty()) return Status();
  return Status(Code::kFailedPrecondition,
                fmt::format("{} does not fit the model:\n{}", checkpoint.string(),
                            fmt::join(mismatches, "\n")));
}

void CopyTensors(const TensorFile& file, std::span<const TensorTarget> targets) {
  std::map<std::string, std::span<const std::byte>> bytes_of;
  for (const SafetensorsEntry& entry : file.entries) bytes_of[entry.name] = entry.bytes;
  for (const TensorTarget& target : targets) {
    const auto bytes = bytes_of.at(target.name);
    DESCENT_CHECK(bytes.size() == target.values.size_bytes());
    if (!bytes.empty()) std::memcpy(target.values.data(), bytes.data(), bytes.size());
  }
}

}  // namespace

Result<Manifest> VerifyCheckpoint(const std::filesystem::path& checkpoint) {
  DESCENT_ASSIGN(Manifest manifest, ReadManifest(checkpoint));
  DESCENT_RETURN_IF_ERROR(ReadTensorFiles(checkpoint, manifest).status());
  DESCENT_RETURN_IF_ERROR(ReadDescription(checkpoint, manifest).status());
  return manifest;
}

Result<Manifest> LoadCheckpoint(const std::filesystem::path& checkpoint,
                                std::span<const TensorTarget> parameters,
                                std::span<const TensorTarget> optimizer) {
  DESCENT_ASSIGN(Manifest manifest, ReadManifest(checkpoint));
  DESCENT_ASSIGN(const std::vector<TensorFile> files, ReadTensorFiles(checkpoint, manifest));
  std::vector<std::string> mismatches = Mismatches(kModelName, files[0], parameters);
  for (std::string& line : Mismatches(kOptimizerName, files[1], optimizer))
    mismatches.push_back(std::move(line));
  DESCENT_RETURN_IF_ERROR(MismatchStatus(checkpoint, mismatches));
  CopyTensors(files[0], parameters);
  CopyTensors(files[1], optimizer);
  return manifest;
}

Result<Manifest> LoadModel(const std::filesystem::path& checkpoint,
                           std::span<const TensorTarget> parameters) {
  DESCENT_ASSIGN(Manifest manifest, ReadManifest(checkpoint));
  DESCENT_ASSIGN(const TensorFile file, ReadTensorFile(checkpoint, manifest.files[0]));
  DESCENT_RETURN_IF_ERROR(MismatchStatus(checkpoint, Mismatches(kModelName, file, parameters)));
  CopyTensors(file, parameters);
  return manifest;
}

Result<ModelDescription> ReadModelDescription(const std::filesystem::path& checkpoint) {
  DESCENT_ASSIGN(const Manifest manifest, ReadManifest(checkpoint));
  return ReadDescription(checkpoint, manifest);
}

}  // namespace descent
