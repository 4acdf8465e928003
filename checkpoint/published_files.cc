#include "checkpoint/published_files.h"

#include <spdlog/fmt/fmt.h>

#include <optional>
#include <system_error>

#include "checkpoint/checkpoint_directory.h"
#include "common/file.h"

namespace descent {

Status WithPath(const Status& status, const std::filesystem::path& path) {
  return Status(status.code(), path.string() + ": " + status.message());
}

Result<std::string> ReadPublishedFile(const std::filesystem::path& path, std::size_t bytes_max) {
  Result<std::string> bytes = ReadFile(path, bytes_max);
  const Code code = bytes.status().code();
  if (code == Code::kNotFound || code == Code::kInvalidArgument)
    return Status(Code::kDataLoss, bytes.status().message());
  return bytes;
}

Result<Manifest> ReadManifest(const std::filesystem::path& checkpoint) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(checkpoint, ignored))
    return Status(Code::kNotFound, "there is no checkpoint " + checkpoint.string());
  DESCENT_ASSIGN(const std::string text,
                 ReadPublishedFile(checkpoint / kManifestName, kManifestBytesMax));
  return DecodeManifestOf(checkpoint, text);
}

Result<Manifest> DecodeManifestOf(const std::filesystem::path& checkpoint, std::string_view text) {
  const std::filesystem::path path = checkpoint / kManifestName;
  Result<Manifest> manifest = DecodeManifest(text);
  if (!manifest.ok()) return WithPath(manifest.status(), path);
  const std::optional<std::int64_t> step = StepOfPublishedName(checkpoint.filename().string());
  const std::int64_t found_step = manifest.value().description.step;
  if (step && *step != found_step)
    return Status(Code::kDataLoss, fmt::format("{} is of step {}, must be of step {}",
                                               path.string(), found_step, *step));
  return manifest;
}

}  // namespace descent
