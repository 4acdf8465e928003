#include "rpc/grpc_setup.h"

#include <absl/synchronization/mutex.h>

#include <cstdlib>

namespace descent {

void SetUpGrpc() {
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace descent
