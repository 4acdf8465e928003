#include "coordinator/guarded_service.h"

#include <google/protobuf/descriptor.h>
#include <grpc/byte_buffer.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/message_allocator.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "common/check.h"
#include "coordinator/call_context.h"
#include "coordinator/role_wire.h"

namespace descent {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;
using grpc::internal::RpcServiceMethod;

struct TypeRow {
  RpcMethod::RpcType type;
  const char* name;
};

// By the names of grpc-ecosystem's metrics.
constexpr TypeRow kTypes[] = {{RpcMethod::NORMAL_RPC, "unary"},
                              {RpcMethod::CLIENT_STREAMING, "client_stream"},
                              {RpcMethod::SERVER_STREAMING, "server_stream"},
                              {RpcMethod::BIDI_STREAMING, "bidi_stream"}};

const char* NameOf(RpcMethod::RpcType type) {
  for (const TypeRow& row : kTypes)
    if (row.type == type) return row.name;
  FailCheck("type is known", __FILE__, __LINE__);
}

RpcMethod::RpcType RpcTypeOf(const MethodDescriptor& method) {
  if (method.client_streaming())
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::CLIENT_STREAMING;
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

std::string AuthorizationOf(const grpc::ServerContextBase& context) {
  const auto found = context.client_metadata().find("authorization");
  if (found == context.client_metadata().end()) return "";
  return std::string(found->second.data(), found->second.size());
}

// A call that ends with an error, without a look at what it says.
class RefusedCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedCall(const grpc::Status& status) { Finish(status); }

 private:
  void OnDone() override { delete this; }
};

// gRPC reads a request before its handler runs, and gives the handler what Deserialize made of it.
// Here that is the request's bytes, which only the guarded handler parses.
class GuardedHandler final : public MethodHandler {
 public:
  GuardedHandler(MethodHandler& guarded, const MethodDescriptor& method, Role required,
                 CallGate& gate, const Authenticator& authenticator, UserLimiter* limiter)
      : guarded_(guarded),
        required_(required),
        request_type_(method.input_type()->full_name()),
        has_request_(!method.client_streaming()),
        is_stream_(method.server_streaming()),
        gate_(gate),
        authenticator_(authenticator),
        limiter_(limiter) {}

  void* Deserialize(grpc_call*, grpc_byte_buffer* bytes, grpc::Status*, void**) override {
    return bytes;
  }

  void RunHandler(const HandlerParameter& call) override {
    auto& context = static_cast<CallContext&>(*call.server_context);
    auto entered = gate_.Enter();
    if (const auto* closed = std::get_if<grpc::Status>(&entered)) return Refuse(call, *closed);
    context.pass = std::get<CallPass>(std::move(entered));
    auto admitted = authenticator_.Admit(AuthorizationOf(context), required_, SecondsOfCalendar());
    if (const auto* error = std::get_if<AccessError>(&admitted))
      return Refuse(call, ToGrpcStatus(*error));
    context.caller = std::get<Caller>(std::move(admitted));
    if (const auto error = CheckLimits(context)) return Refuse(call, ToGrpcStatus(*error));
    PassOn(call);
  }

 private:
  std::optional<RequestError> CheckLimits(CallContext& context) {
    if (limiter_ == nullptr) return std::nullopt;
    // What changes something asks for more than the role to look.
    if (required_ != Role::kViewer)
      if (auto error = limiter_->CountChange(context.caller, MonotonicNow())) return error;
    if (!is_stream_) return std::nullopt;
    auto opened = limiter_->OpenStream(context.caller);
    if (auto* error = std::get_if<RequestError>(&opened)) return std::move(*error);
    context.stream_place = std::get<StreamPlace>(std::move(opened));
    return std::nullopt;
  }

  void PassOn(const HandlerParameter& call) {
    auto* const bytes = static_cast<grpc_byte_buffer*>(call.request);
    grpc::Status status = call.status;
    void* data = nullptr;
    void* request = nullptr;
    if (has_request_) {
      request = guarded_.Deserialize(call.call->call(), bytes, &status, &data);  // takes the bytes
      if (request == nullptr) {
        DestroyMessages(data);
        return EndWith(call, ToGrpcStatus(RequestInvalid(/*is_given=*/bytes != nullptr)));
      }
    }
    guarded_.RunHandler(HandlerParameter(call.call, call.server_context, request, status, data,
                                         call.call_requester));
  }

  RequestError RequestInvalid(bool is_given) const {
    return {Status(Code::kInvalidArgument, (is_given ? "the request cannot be read, wanted a "
                                                     : "the call has no request, wanted a ") +
                                               request_type_),
            "REQUEST_INVALID",
            {},
            {}};
  }

  // What a handler of a unary call keeps from Deserialize until RunHandler: the messages, in memory
  // of the call. Null: it is none.
  static void DestroyMessages(void* data) {
    if (data != nullptr) static_cast<grpc::RpcAllocatorState*>(data)->~RpcAllocatorState();
  }

  static void Refuse(const HandlerParameter& call, const grpc::Status& status) {
    grpc_byte_buffer_destroy(static_cast<grpc_byte_buffer*>(call.request));
    EndWith(call, status);
  }

  // As if the call were a stream in both directions: the kind that needs no request.
  static void EndWith(const HandlerParameter& call, const grpc::Status& status) {
    const auto refuse = [&](grpc::CallbackServerContext*) {
      return new RefusedCall(status);  // NOLINT: deletes itself
    };
    grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>(refuse).RunHandler(
        HandlerParameter(call.call, call.server_context, nullptr, grpc::Status::OK, nullptr,
                         call.call_requester));
  }

  MethodHandler& guarded_;
  const Role required_;
  const std::string request_type_;
  const bool has_request_;  // one message, read before the handler runs
  const bool is_stream_;
  CallGate& gate_;
  const Authenticator& authenticator_;
  UserLimiter* const limiter_;  // null: none
};

// Generated services are made of their methods' handlers, in the order of the proto file.
struct HandlersOf : grpc::Service {
  static MethodHandler& At(grpc::Service& service, int index) {
    MethodHandler* const handler = (service.*&HandlersOf::GetHandler)(index);
    DESCENT_CHECK(handler != nullptr);
    return *handler;
  }
};

}  // namespace

std::optional<Role> RequiredRole(const MethodDescriptor& method) {
  return RoleFromProto(method.options().GetExtension(v1::required_role));
}

GuardedService::GuardedService(grpc::Service& guarded, const std::string& full_name, CallGate& gate,
                               const Authenticator& authenticator, UserLimiter* limiter,
                               CallCounters& counters)
    : name_(full_name) {
  const ServiceDescriptor* const service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(full_name);
  DESCENT_CHECK(service != nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const MethodDescriptor& method = *service->method(i);
    const std::optional<Role> required = RequiredRole(method);
    DESCENT_CHECK(required.has_value());
    paths_.push_back("/" + full_name + "/" + method.name());
    counters.Declare(paths_.back(), NameOf(RpcTypeOf(method)));
    auto handler = std::make_unique<GuardedHandler>(HandlersOf::At(guarded, i), method, *required,
                                                    gate, authenticator, limiter);
    auto guarded_method = std::make_unique<RpcServiceMethod>(paths_.back().c_str(),
                                                             RpcTypeOf(method), handler.release());
    guarded_method->SetServerApiType(RpcServiceMethod::ApiType::CALL_BACK);
    AddMethod(guarded_method.release());
  }
}

}  // namespace descent
