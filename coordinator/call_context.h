#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/server_context.h>

#include "coordinator/call_gate.h"
#include "coordinator/role.h"
#include "coordinator/user_limiter.h"

namespace descent {

// The context of every call to one of our services: gRPC's, and who makes the call.
class CallContext final : public grpc::CallbackServerContext {
 public:
  // Set before the service sees the call:
  CallPass pass;
  Caller caller;
  StreamPlace stream_place;  // of a user's stream, until the call is over
};

// For ServerBuilder::SetContextAllocator.
class CallContextAllocator final : public grpc::ContextAllocator {
 public:
  grpc::CallbackServerContext* NewCallbackServerContext() override {
    return new CallContext;  // NOLINT: Release deletes it
  }
  // Of a call to a method that no service has.
  grpc::GenericCallbackServerContext* NewGenericCallbackServerContext() override {
    return new grpc::GenericCallbackServerContext;  // NOLINT: Release deletes it
  }
  // gRPC calls the first for contexts of both kinds.
  void Release(grpc::CallbackServerContext* context) override { delete context; }         // NOLINT
  void Release(grpc::GenericCallbackServerContext* context) override { delete context; }  // NOLINT
};

// Of a call to a GuardedService.
inline const Caller& CallerOf(const grpc::CallbackServerContext& context) {
  return static_cast<const CallContext&>(context).caller;
}

}  // namespace descent
