#include "client/api/channel.h"

#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>

#include "client/api/auth_client.h"
#include "descent/v1/auth_service.grpc.pb.h"

namespace descent {
namespace {

// A coordinator that is there and never available.
class DrainingService final : public v1::AuthService::Service {
 public:
  grpc::Status CreateToken(grpc::ServerContext*, const v1::CreateTokenRequest*,
                           v1::CreateTokenResponse*) override {
    ++calls;
    return {grpc::StatusCode::UNAVAILABLE, "draining"};
  }
  grpc::Status WhoAmI(grpc::ServerContext*, const v1::WhoAmIRequest*,
                      v1::WhoAmIResponse*) override {
    ++calls;
    return {grpc::StatusCode::UNAVAILABLE, "draining"};
  }

  std::atomic<int> calls = 0;
};

class ChannelTest : public testing::Test {
 protected:
  ChannelTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    client_ = std::make_unique<AuthClient>(Endpoint{"127.0.0.1:" + std::to_string(port)});
  }

  DrainingService service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<AuthClient> client_;
};

TEST_F(ChannelTest, WhatMayBeRepeatedIsTriedFiveTimes) {
  EXPECT_FALSE(client_->WhoAmI().ok());

  EXPECT_EQ(service_.calls, 5);
}

TEST_F(ChannelTest, ATokenIsAskedForOnce) {
  EXPECT_FALSE(client_->CreateToken("alice", "user", 0).ok());

  EXPECT_EQ(service_.calls, 1);
}

}  // namespace
}  // namespace descent
