#pragma once

#include <grpcpp/support/server_callback.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "coordinator/incident.h"
#include "coordinator/request_error.h"

namespace descent {

// Runs `work` on one of the threads. It finishes the call, now or later; if it throws instead, the
// call ends with INTERNAL.
template <typename Work>
void AnswerOn(boost::asio::thread_pool& threads, grpc::ServerUnaryReactor* reactor, Work work) {
  boost::asio::post(threads, [reactor, work = std::move(work)]() mutable {
    try {
      work();
    } catch (...) {
      reactor->Finish(ToGrpcStatus(StatusOfThrown()));
    }
  });
}

}  // namespace descent
