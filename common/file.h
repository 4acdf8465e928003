#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// Files, with errors that name the path and the cause. Every function blocks; any thread.
// kNotFound: no such file. kResourceExhausted: disk full. kUnavailable: any other I/O error.

// All bytes of a regular file. kInvalidArgument: not a regular file, or larger than `bytes_max`.
Result<std::string> ReadFile(const std::filesystem::path& path,
                             std::size_t bytes_max = std::numeric_limits<std::size_t>::max());

// Creates `path` for its owner alone, writes all bytes, and fsyncs it. Its space is reserved first,
// so a full disk is found before anything is written. On failure nothing is left at `path`, unless
// it was there before: kAlreadyExists, also for a link, which is never followed.
Status WriteNewFile(const std::filesystem::path& path, std::span<const std::byte> bytes);
Status WriteNewFile(const std::filesystem::path& path, std::string_view text);

// The same for bytes that lie in several pieces, written one after the other.
Status WriteNewFile(const std::filesystem::path& path,
                    std::span<const std::span<const std::byte>> pieces);

// Makes created, renamed or removed names in a directory survive power loss.
Status SyncDirectory(const std::filesystem::path& path);

// Atomic; kAlreadyExists if `to` is there. The file system must offer it: the local ones do.
Status RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to);

// Makes `path` and its missing parents, for their owner alone; they survive power loss. Succeeds if
// it is there.
Status MakeDirectories(const std::filesystem::path& path);
Status RemoveTree(const std::filesystem::path& path);  // succeeds if there is nothing
Result<std::vector<std::string>> ListDirectory(const std::filesystem::path& path);  // sorted names

// Bytes that this user may still write below `path`, which exists.
Result<std::int64_t> FreeBytes(const std::filesystem::path& path);

}  // namespace descent
