#include "coordinator/webhook_retry.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"

namespace descent {
namespace {

constexpr double kFirstSecondsMax = 2;
constexpr double kSecondsMax = 5 * 60;

}  // namespace

std::chrono::milliseconds WebhookRetryDelay(int failures, double jitter) {
  DESCENT_CHECK(failures >= 1);
  DESCENT_CHECK(0 <= jitter && jitter <= 1);
  const double seconds_max = std::min(std::ldexp(kFirstSecondsMax, failures - 1), kSecondsMax);
  const std::chrono::duration<double> delay(seconds_max * (1 + jitter) / 2);
  return std::chrono::duration_cast<std::chrono::milliseconds>(delay);
}

}  // namespace descent
