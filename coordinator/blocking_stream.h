#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "common/clock.h"
#include "coordinator/call_context.h"
#include "coordinator/incident.h"
#include "coordinator/request_error.h"
#include "coordinator/stream_set.h"

namespace descent {

// The end that somebody asks of a call which looks for it between two of its steps. A call whose
// caller is not admitted any more, or that has lasted too long, does not wait for a peer that does
// not read. Any thread.
class EndSign final : public OpenStream {
 public:
  explicit EndSign(const grpc::CallbackServerContext& context) : context_(context) {}

  void End(const grpc::Status& status) override {
    {
      const std::lock_guard lock(mutex_);
      if (!status_) status_ = status;
      if (!is_writing_ || is_cancelling_ || !CutsOff(status)) return;
      is_cancelling_ = true;
    }
    context_.TryCancel();
    std::function<void()> go_on;
    {
      const std::lock_guard lock(mutex_);
      is_cancelling_ = false;
      go_on = std::exchange(go_on_, nullptr);
    }
    if (go_on) go_on();
  }

  std::optional<grpc::Status> status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

  // False: an end was asked for, and nothing may be written.
  bool BeginWrite() {
    const std::lock_guard lock(mutex_);
    is_writing_ = !status_;
    return is_writing_;
  }
  // `go_on` is called at once or, where somebody uses the call's context, after that: it may finish
  // the call.
  void EndWrite(std::function<void()> go_on) {
    {
      const std::lock_guard lock(mutex_);
      is_writing_ = false;
      if (is_cancelling_) {
        go_on_ = std::move(go_on);
        return;
      }
    }
    go_on();
  }

 private:
  const grpc::CallbackServerContext& context_;  // lives while it is written or cancelled

  mutable std::mutex mutex_;  // guards the following
  std::optional<grpc::Status> status_;
  bool is_writing_ = false;
  bool is_cancelling_ = false;
  std::function<void()> go_on_;
};

// A call that answers with a stream of messages read from the disk: on `threads`, Begin once, then
// GoOn after each message that was sent, and after each pause. Either ends with Send,
// GoOnAfter or Finish, so one step is under way at any time and nothing needs a lock. Between two
// steps it ends if the peer is gone or `streams` has ended it: with a last message, where it has
// one. A step that throws ends it with INTERNAL. Deletes itself when the call is over.
template <typename Message>
class BlockingStream : public grpc::ServerWriteReactor<Message> {
 public:
  explicit BlockingStream(boost::asio::thread_pool& threads)
      : threads_(threads), pause_(threads), limit_(threads) {}

  // Once, when it is made whole.
  void Launch(StreamSet& streams, const grpc::CallbackServerContext& context) {
    end_ = std::make_shared<EndSign>(context);
    bookmark_interval_ = streams.bookmark_interval();
    send_time_ = MonotonicNow();
    streams.Add(end_, CallerOf(context));
    boost::asio::post(threads_, [this] { Step([this] { Begin(); }); });
  }

 protected:
  // `message` must live, unchanged, until the next step.
  void Send(const Message& message) {
    send_time_ = MonotonicNow();
    if (end_->BeginWrite()) {
      this->StartWrite(&message);
    } else {
      FinishAsAsked(*AskedEnd(), &message);
    }
  }

  // Nothing was sent for so long that the peer, and what is between, should hear that all is well.
  bool IsQuiet() const { return MonotonicNow() - send_time_ >= bookmark_interval_; }

  void GoOnAfter(std::chrono::milliseconds pause) {
    pause_.expires_after(pause);
    pause_.async_wait([this](const boost::system::error_code&) { Step([this] { GoOn(); }); });
  }

  // The call ends with DEADLINE_EXCEEDED if it is not over by then. The last time that is given
  // counts.
  void EndAfter(std::chrono::milliseconds time) {
    limit_.expires_after(time);
    limit_.async_wait([end = end_](const boost::system::error_code& error) {
      if (!error) end->End(TooLong());
    });
  }

  // The end that was asked for, if any: for a step that takes long.
  std::optional<grpc::Status> AskedEnd() const { return end_->status(); }

  // True: it is over.
  bool FinishIfAsked() {
    const std::optional<grpc::Status> status = AskedEnd();
    if (status) FinishAsAsked(*status, Bookmark());
    return status.has_value();
  }

 private:
  static grpc::Status TooLong() {
    RequestError error{
        Status(Code::kCancelled, "the call has lasted too long, or its caller has read too slowly"),
        "CALL_TIMED_OUT",
        {},
        {}};
    error.grpc_code = grpc::StatusCode::DEADLINE_EXCEEDED;
    return ToGrpcStatus(error);
  }

  virtual void Begin() = 0;
  virtual void GoOn() = 0;

  // Between two steps: a message that says where another call goes on. Null: there is none.
  virtual const Message* Bookmark() { return nullptr; }

  template <typename Next>
  void Step(const Next& next) {
    try {
      if (!FinishIfAsked()) next();
    } catch (...) {
      this->Finish(ToGrpcStatus(StatusOfThrown()));
    }
  }

  // Who is still there and still admitted gets the last message first.
  void FinishAsAsked(const grpc::Status& status, const Message* last) {
    if (last == nullptr || status.error_code() != grpc::StatusCode::UNAVAILABLE)
      return this->Finish(status);
    this->StartWriteAndFinish(last, grpc::WriteOptions(), status);
  }

  void OnWriteDone(bool ok) final {
    end_->EndWrite([this, ok] {
      if (!ok) return this->Finish(grpc::Status::CANCELLED);
      boost::asio::post(threads_, [this] { Step([this] { GoOn(); }); });
    });
  }
  void OnCancel() final { end_->End(grpc::Status::CANCELLED); }  // on a thread of gRPC
  void OnDone() final { delete this; }

  boost::asio::thread_pool& threads_;
  boost::asio::steady_timer pause_;
  boost::asio::steady_timer limit_;
  std::shared_ptr<EndSign> end_;  // from Launch on, as the following
  std::chrono::milliseconds bookmark_interval_{};
  MonotonicTime send_time_;
};

// Makes the call that has that context and launches it.
template <typename Call, typename... Arguments>
Call* LaunchStream(StreamSet& streams, const grpc::CallbackServerContext& context,
                   Arguments&&... arguments) {
  auto* const call = new Call(std::forward<Arguments>(arguments)...);  // NOLINT: deletes itself
  call->Launch(streams, context);
  return call;
}

}  // namespace descent
