#pragma once

#include <cstdint>

#include "common/hash.h"
#include "common/status.h"
#include "worker/collective/collective.h"

namespace descent {

// Compares the digests of the ranks' states after so many steps. All ranks call it. kInternal,
// naming the ranks that differ from the majority; kAborted: a peer is gone.
Status CompareDigests(const Digest& digest, std::int64_t steps_done, Collective& collective);

}  // namespace descent
