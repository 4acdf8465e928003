#pragma once

#include <grpcpp/generic/async_generic_service.h>

namespace descent {

// Answers the calls to methods that no service has: API_VERSION_UNSUPPORTED where they are of
// another version of ours, else METHOD_UNKNOWN; both UNIMPLEMENTED. Any thread.
class UnknownMethods final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;
};

}  // namespace descent
