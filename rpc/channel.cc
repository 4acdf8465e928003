#include "rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/client_interceptor.h>

#include <utility>
#include <vector>

namespace descent {
namespace {

using grpc::experimental::ClientInterceptorFactoryInterface;
using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using grpc::experimental::InterceptorBatchMethods;

// gRPC's own call credentials refuse plain text, which on loopback is as good as any other.
class TokenSender final : public Interceptor {
 public:
  explicit TokenSender(std::string authorization) : authorization_(std::move(authorization)) {}

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA))
      methods->GetSendInitialMetadata()->emplace("authorization", authorization_);
    methods->Proceed();
  }

 private:
  const std::string authorization_;
};

class TokenSenderFactory final : public ClientInterceptorFactoryInterface {
 public:
  explicit TokenSenderFactory(const std::string& token) : authorization_("Bearer " + token) {}

  Interceptor* CreateClientInterceptor(ClientRpcInfo*) override {
    return new TokenSender(authorization_);  // NOLINT: gRPC deletes it
  }

 private:
  const std::string authorization_;
};

std::shared_ptr<grpc::ChannelCredentials> TransportOf(const Credentials& credentials) {
  if (credentials.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = credentials.ca,
                               .pem_private_key = credentials.key,
                               .pem_cert_chain = credentials.certificate});
}

}  // namespace

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address,
                                           const Credentials& credentials,
                                           grpc::ChannelArguments arguments) {
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  const auto transport = TransportOf(credentials);
  if (credentials.token.empty()) return grpc::CreateCustomChannel(address, transport, arguments);
  std::vector<std::unique_ptr<ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<TokenSenderFactory>(credentials.token));
  return grpc::experimental::CreateCustomChannelWithInterceptors(address, transport, arguments,
                                                                 std::move(interceptors));
}

}  // namespace descent
