#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "checkpoint/manifest.h"
#include "common/result.h"

namespace descent {

// Reading a published checkpoint. Blocks.
//   kNotFound  there is no such directory
//   kDataLoss  a file is missing, is not a file, or is damaged: the message names it

// The manifest alone, checked against its own digest. kFailedPrecondition: another version of the
// program wrote it, in a format that this one does not know.
Result<Manifest> ReadManifest(const std::filesystem::path& checkpoint);

inline constexpr std::int64_t kManifestBytesMax = std::int64_t{64} << 20;  // chunks of 7 TB

// The same of the bytes that it has there.
Result<Manifest> DecodeManifestOf(const std::filesystem::path& checkpoint, std::string_view text);

// A file of a checkpoint whose directory is there: what it lacks, or has too much of, is damage.
Result<std::string> ReadPublishedFile(const std::filesystem::path& path, std::size_t bytes_max);

// What a verified file is found to be in its own right, with its path before the message.
Status WithPath(const Status& status, const std::filesystem::path& path);

}  // namespace descent
