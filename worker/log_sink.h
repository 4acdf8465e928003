#pragma once

#include <memory>

#include "worker/log_ring.h"

namespace descent {

// What this process logs goes into `ring` as well, from now on. Call once, after InitLog and before
// there is a second thread.
void AddRingToLog(std::shared_ptr<LogRing> ring);

}  // namespace descent
