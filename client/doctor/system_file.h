#pragma once

#include <filesystem>
#include <string>

namespace descent {

// All of a file of /proc or /sys, which says that it is empty; empty if it cannot be read.
std::string SystemFile(const std::filesystem::path& path);

}  // namespace descent
