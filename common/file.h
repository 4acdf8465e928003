#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// Files, with errors that name the path and the cause. Every function blocks; any thread.
// kNotFound: no such file. kResourceExhausted: disk full. kUnavailable: any other I/O error.
Result<std::string> ReadFile(const std::filesystem::path& path);

// Creates `path` (it must not exist; links are not followed), writes all bytes, and fsyncs it.
// On failure nothing is left at `path`.
Status WriteNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes);
Status WriteNewFile(const std::filesystem::path& path, std::string_view text);

// Makes created, renamed or removed names in a directory survive power loss.
Status SyncDirectory(const std::filesystem::path& path);

// Atomic; kAlreadyExists if `to` is there.
Status RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to);

Status MakeDirectories(const std::filesystem::path& path);
Status RemoveTree(const std::filesystem::path& path);  // succeeds if there is nothing
Result<std::vector<std::string>> ListDirectory(const std::filesystem::path& path);  // sorted names

}  // namespace descent
