#include <grpcpp/generic/generic_stub.h>

#include <future>

#include "tests/unit/coordinator_shell/grpc_fixture.h"

namespace descent {
namespace {

class UnknownMethodsTest : public GrpcServersTest {
 protected:
  static grpc::Status CallMethod(const ListenAddress& address, const std::string& method) {
    grpc::GenericStub stub(
        grpc::CreateChannel(address.ToString(), grpc::InsecureChannelCredentials()));
    const grpc::Slice nothing;
    const grpc::ByteBuffer request(&nothing, 1);  // one without slices is no message
    grpc::ByteBuffer response;
    std::promise<grpc::Status> promise;
    Call call;
    stub.UnaryCall(call(), method, {}, &request, &response,
                   [&](const grpc::Status& status) { promise.set_value(status); });
    return promise.get_future().get();
  }
};

TEST_F(UnknownMethodsTest, AnotherVersionOfTheApiIsRefusedWithTheOneThereIs) {
  const grpc::Status status = CallMethod(servers_->user_address(), "/descent.v2.JobService/GetJob");

  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  EXPECT_EQ(info.reason(), "API_VERSION_UNSUPPORTED");
  EXPECT_EQ(info.metadata().at("version"), "v2");
  EXPECT_EQ(info.metadata().at("supported"), "v1");
}

TEST_F(UnknownMethodsTest, AMethodThatThereIsNotIsNamed) {
  for (const ListenAddress& address : {servers_->user_address(), servers_->worker_address()}) {
    const grpc::Status status = CallMethod(address, "/descent.v1.JobService/Nothing");

    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(ReasonOf(status), "METHOD_UNKNOWN");
  }
}

}  // namespace
}  // namespace descent
