#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/status.h"

namespace descent {

// A stream that stays open until somebody ends it. End returns at once and may be called again.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void End(const Status& status) = 0;
};

// The streams that are open now, so that a coordinator that stops can tell every peer why. Any
// thread.
class StreamSet {
 public:
  void Add(const std::shared_ptr<OpenStream>& stream);  // ended at once after EndAll
  void EndAll(const Status& status);

 private:
  std::mutex mutex_;  // guards the following
  std::vector<std::weak_ptr<OpenStream>> streams_;
  std::optional<Status> ended_with_;
};

}  // namespace descent
