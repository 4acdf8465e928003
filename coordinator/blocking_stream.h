#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

namespace descent {

// A call that answers with a stream of messages read from the disk: on `threads`, Begin once, then
// GoOn after each message that StartWrite sent. Either ends with StartWrite or Finish, so one step
// is under way at any time and nothing needs a lock. Deletes itself when the call is over.
template <typename Message>
class BlockingStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit BlockingStream(boost::asio::thread_pool& threads) : threads_(threads) {}

  // Once, when it is made whole.
  void Launch() {
    boost::asio::post(threads_, [this] { Begin(); });
  }

 private:
  virtual void Begin() = 0;
  virtual void GoOn() = 0;

  void OnWriteDone(bool ok) final {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    boost::asio::post(threads_, [this] { GoOn(); });
  }
  void OnDone() final { delete this; }

  boost::asio::thread_pool& threads_;
};

// Makes a call and launches it.
template <typename Call, typename... Arguments>
Call* LaunchStream(Arguments&&... arguments) {
  auto* const call = new Call(std::forward<Arguments>(arguments)...);  // NOLINT: deletes itself
  call->Launch();
  return call;
}

}  // namespace descent
