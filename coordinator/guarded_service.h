#pragma once

#include <grpcpp/impl/service_type.h>

#include <deque>
#include <optional>
#include <string>

#include "coordinator/authenticator.h"
#include "coordinator/call_counters.h"
#include "coordinator/call_gate.h"
#include "coordinator/user_limiter.h"

namespace google::protobuf {
class MethodDescriptor;
}  // namespace google::protobuf

namespace descent {

// A gRPC service in front of another one: it has the same methods, and passes those calls on whose
// caller has the role that the method asks for in its proto file (descent.v1.required_role) and
// keeps to the limits, as long as the gate is open. A call that is refused ends with the error; its
// request is not even parsed.
// One whose request cannot be parsed ends with REQUEST_INVALID.
// gRPC's own means do not do: its AuthMetadataProcessor cannot send error details and needs TLS,
// its interceptors cannot answer in a handler's place.
class GuardedService final : public grpc::Service {
 public:
  // The service of that full name in the proto files, by callback handlers. Without a limiter any
  // number of calls is passed on. Declares the methods to `counters`. All of them outlive the
  // server this is registered with; the server's contexts come from a CallContextAllocator. Aborts
  // if a method has no rule: the coordinator does not start.
  GuardedService(grpc::Service& guarded, const std::string& full_name, CallGate& gate,
                 const Authenticator& authenticator, UserLimiter* limiter, CallCounters& counters);

  const std::string& name() const { return name_; }

 private:
  const std::string name_;
  std::deque<std::string> paths_;  // of the methods, which keep pointers
};

// Nothing: the proto file has no rule for the method.
std::optional<Role> RequiredRole(const google::protobuf::MethodDescriptor& method);

}  // namespace descent
