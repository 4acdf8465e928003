#pragma once

#include <chrono>

namespace descent {

// How long a webhook waits after `failures` attempts in a row that failed, at least one: between 1
// and 2 s at first, twice as long after each, up to 5 min. `jitter` in [0, 1] says where between
// the half of it and all of it, so that not everybody comes back at once to a receiver that is
// back.
std::chrono::milliseconds WebhookRetryDelay(int failures, double jitter);

}  // namespace descent
