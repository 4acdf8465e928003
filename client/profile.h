#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace descent {

// One trace of what the ranks of the newest attempt have written to `directory` as
// <generation>-<rank>.json, its times from 0. kNotFound: there is nothing. kInternal: a file is no
// trace.
Result<std::string> MergeProfiles(const std::filesystem::path& directory);

}  // namespace descent
