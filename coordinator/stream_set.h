#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "coordinator/role.h"

namespace descent {

// A stream that stays open until somebody ends it. End returns at once and may be called again: the
// first status counts.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  virtual void End(const grpc::Status& status) = 0;
  // Is called again and again. A stream that has been quiet for long may say so to its peer.
  virtual void SendBookmarkIfDue() {}
};

// Whether the status ends a stream even where the peer does not read, and so may never hear of it:
// that of a caller who is not admitted any more, and of a call that has lasted too long.
inline bool CutsOff(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAUTHENTICATED ||
         status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

// The streams that are open now, so that a coordinator that stops can tell every peer why, and one
// whose token is no longer good is cut off. Any thread.
class StreamSet {
 public:
  // How long a stream is quiet before it sends a bookmark.
  explicit StreamSet(std::chrono::milliseconds bookmark_interval = std::chrono::seconds(15))
      : bookmark_interval_(bookmark_interval) {}

  std::chrono::milliseconds bookmark_interval() const { return bookmark_interval_; }

  // After EndAll it is ended at once.
  void Add(const std::shared_ptr<OpenStream>& stream, const Caller& caller);

  void SendBookmarks();

  // Ends those for whose caller `why` has an answer.
  void EndWhere(const std::function<std::optional<grpc::Status>(const Caller& caller)>& why);
  void EndAll(const grpc::Status& status);

 private:
  struct Entry {
    std::weak_ptr<OpenStream> stream;
    Caller caller;
  };

  std::vector<Entry> Entries();

  const std::chrono::milliseconds bookmark_interval_;

  std::mutex mutex_;  // guards the following
  std::vector<Entry> entries_;
  std::optional<grpc::Status> ended_with_;
};

}  // namespace descent
