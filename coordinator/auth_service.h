#pragma once

#include <boost/asio/thread_pool.hpp>

#include "coordinator/token_store.h"
#include "descent/v1/auth_service.grpc.pb.h"

namespace descent {

// AuthService of proto/descent/v1/auth_service.proto. What writes to the disk waits on
// `blocking_threads`.
class AuthService final : public v1::AuthService::CallbackService {
 public:
  // Both outlive the server that this service is registered with.
  AuthService(TokenStore& tokens, boost::asio::thread_pool& blocking_threads)
      : tokens_(tokens), blocking_threads_(blocking_threads) {}

  grpc::ServerUnaryReactor* CreateToken(grpc::CallbackServerContext* context,
                                        const v1::CreateTokenRequest* request,
                                        v1::CreateTokenResponse* response) override;
  grpc::ServerUnaryReactor* ListTokens(grpc::CallbackServerContext* context,
                                       const v1::ListTokensRequest* request,
                                       v1::ListTokensResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* context,
                                        const v1::RevokeTokenRequest* request,
                                        v1::RevokeTokenResponse* response) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context,
                                   const v1::WhoAmIRequest* request,
                                   v1::WhoAmIResponse* response) override;

 private:
  grpc::Status Create(const v1::CreateTokenRequest& request, const Caller& caller,
                      v1::CreateTokenResponse* response);
  grpc::Status Revoke(const std::string& id, const Caller& caller);

  TokenStore& tokens_;
  boost::asio::thread_pool& blocking_threads_;
};

}  // namespace descent
