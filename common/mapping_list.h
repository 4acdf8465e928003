#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace descent {

// The files that this process has mapped, so that it can say which one was cut short under it: the
// kernel ends a process (SIGBUS) that looks beyond the end of a file, and names none. Any thread.

// Beyond the first thousand at a time, files are not named.
void AddMapping(std::span<const std::byte> bytes, const std::filesystem::path& path);
void RemoveMapping(std::span<const std::byte> bytes);  // before the memory is given back

// From now on the name of such a file is written to stderr before the process ends as it would have
// otherwise. Call it once, before there are threads.
void ExplainBusErrors();

}  // namespace descent
