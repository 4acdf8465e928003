#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/api/endpoint.h"
#include "client/api/reply.h"
#include "client/api/types.h"

namespace descent {

struct VerifiedCheckpoint {
  CheckpointView checkpoint;
  std::int64_t bytes = 0;  // that were read
  std::string json;
};

// What CheckpointService of one coordinator does to single checkpoints, named
// "jobs/{job}/checkpoints/{step, latest or best}". Calls block and are repeated as those of Client.
// Any thread.
class CheckpointClient {
 public:
  explicit CheckpointClient(const Endpoint& endpoint);
  ~CheckpointClient();

  Reply<CheckpointView> Get(const std::string& name);
  Reply<CheckpointView> Pin(const std::string& name);
  Reply<CheckpointView> Unpin(const std::string& name);
  std::optional<ApiError> Delete(const std::string& name);  // with its step
  // Without a deadline: all of it is read.
  Reply<VerifiedCheckpoint> Verify(const std::string& name);

 private:
  struct Stub;

  Reply<CheckpointView> SetPinned(const std::string& name, bool is_pinned);

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
