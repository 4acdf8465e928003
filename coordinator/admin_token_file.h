#pragma once

#include <filesystem>

#include "common/status.h"
#include "coordinator/token_store.h"

namespace descent {

// Sees to it that `file`, which only the user of the coordinator can read, holds the secret of a
// valid admin token: with it the operator makes all others. A file that is missing, or whose token
// is revoked or expired, is replaced. `now` in seconds since the epoch.
Status EnsureAdminToken(const std::filesystem::path& file, TokenStore& tokens, double now);

}  // namespace descent
