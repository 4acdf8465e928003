#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "coordinator/stream_set.h"

namespace descent {

// The end that somebody asks of a call which looks for it between two of its steps. Any thread.
class EndSign final : public OpenStream {
 public:
  void End(const grpc::Status& status) override {
    const std::lock_guard lock(mutex_);
    if (!status_) status_ = status;
  }
  std::optional<grpc::Status> status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<grpc::Status> status_;  // guarded by mutex_
};

// A call that answers with a stream of messages read from the disk: on `threads`, Begin once, then
// GoOn after each message that StartWrite sent, and after each pause. Either ends with StartWrite,
// GoOnAfter or Finish, so one step is under way at any time and nothing needs a lock. Between two
// steps it ends if the peer is gone or `streams` has ended it. Deletes itself when the call is
// over.
template <typename Message>
class BlockingStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit BlockingStream(boost::asio::thread_pool& threads) : threads_(threads), pause_(threads) {}

  // Once, when it is made whole.
  void Launch(StreamSet& streams, const Caller& caller) {
    streams.Add(end_, caller);
    boost::asio::post(threads_, [this] {
      if (!FinishIfAsked()) Begin();
    });
  }

 protected:
  void GoOnAfter(std::chrono::milliseconds pause) {
    pause_.expires_after(pause);
    pause_.async_wait([this](const boost::system::error_code&) {
      if (!FinishIfAsked()) GoOn();
    });
  }

  // The end that was asked for, if any: for a step that takes long.
  std::optional<grpc::Status> AskedEnd() const { return end_->status(); }

  // True: it is over.
  bool FinishIfAsked() {
    const std::optional<grpc::Status> status = AskedEnd();
    if (status) this->Finish(*status);
    return status.has_value();
  }

 private:
  virtual void Begin() = 0;
  virtual void GoOn() = 0;

  void OnWriteDone(bool ok) final {
    if (!ok) return this->Finish(grpc::Status::CANCELLED);
    boost::asio::post(threads_, [this] {
      if (!FinishIfAsked()) GoOn();
    });
  }
  void OnCancel() final { end_->End(grpc::Status::CANCELLED); }  // on a thread of gRPC
  void OnDone() final { delete this; }

  boost::asio::thread_pool& threads_;
  boost::asio::steady_timer pause_;
  const std::shared_ptr<EndSign> end_ = std::make_shared<EndSign>();
};

// Makes a call of `caller` and launches it.
template <typename Call, typename... Arguments>
Call* LaunchStream(StreamSet& streams, const Caller& caller, Arguments&&... arguments) {
  auto* const call = new Call(std::forward<Arguments>(arguments)...);  // NOLINT: deletes itself
  call->Launch(streams, caller);
  return call;
}

}  // namespace descent
