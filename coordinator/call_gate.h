#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <variant>

namespace descent {

// That a call is inside, until its last copy is gone.
using CallPass = std::shared_ptr<void>;

// What every call goes through before it is served. A coordinator that stops closes it, so that new
// calls hear why while those inside finish. Any thread.
class CallGate {
 public:
  // A pass, which the gate outlives; or, once it is closed, why.
  std::variant<CallPass, grpc::Status> Enter();

  void Close(const grpc::Status& why);

  // Blocks until no call is inside; not beyond the deadline.
  void WaitUntilEmpty(std::chrono::system_clock::time_point deadline);

 private:
  void Leave();

  std::mutex mutex_;  // guards the following
  std::condition_variable left_;
  int inside_ = 0;
  std::optional<grpc::Status> closed_with_;
};

}  // namespace descent
