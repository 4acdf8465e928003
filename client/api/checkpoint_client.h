#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  // Hands over the files of its model in that format, "safetensors", "huggingface" or "onnx", one
  // after the other, chunk by chunk, until `take` says no. Each is compared with its digest when it
  // ends; its name is one component of a path. Without a deadline, and not repeated. The reply is
  // the number of bytes of all of them. A format that cannot say what the model is: kUsage.
  Reply<std::int64_t> Export(
      const std::string& name, const std::string& format,
      const std::function<bool(const std::string& file, std::string_view chunk)>& take);

 private:
  struct Stub;

  Reply<CheckpointView> SetPinned(const std::string& name, bool is_pinned);

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
