#pragma once

#include <grpcpp/server_context.h>

#include "coordinator/role.h"

namespace descent {

// The context of every call to one of our services: gRPC's, and who makes the call.
class CallContext final : public grpc::CallbackServerContext {
 public:
  Caller caller;  // set before the service sees the call
};

// For ServerBuilder::SetContextAllocator.
class CallContextAllocator final : public grpc::ContextAllocator {
 public:
  grpc::CallbackServerContext* NewCallbackServerContext() override {
    return new CallContext;  // NOLINT: Release deletes it
  }
  void Release(grpc::CallbackServerContext* context) override {
    delete static_cast<CallContext*>(context);  // NOLINT
  }
};

// Of a call to a GuardedService.
inline const Caller& CallerOf(const grpc::CallbackServerContext& context) {
  return static_cast<const CallContext&>(context).caller;
}

}  // namespace descent
