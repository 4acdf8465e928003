#include "coordinator/unknown_methods.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "coordinator/excerpt.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

constexpr std::string_view kPackage = "/descent.";
constexpr char kVersion[] = "v1";

class RefusedMethod final : public grpc::ServerGenericBidiReactor {
 public:
  explicit RefusedMethod(const grpc::Status& status) { Finish(status); }

 private:
  void OnDone() override { delete this; }
};

// "v2" of "/descent.v2.JobService/GetJob"; empty if it is not of ours.
std::string ApiVersionOf(const std::string& method) {
  if (!method.starts_with(kPackage)) return "";
  const std::string rest = method.substr(kPackage.size());
  const std::string version = rest.substr(0, rest.find('.'));
  const bool is_version =
      version.size() > 1 && version[0] == 'v' && '0' <= version[1] && version[1] <= '9';
  return is_version ? version : "";
}

// UNIMPLEMENTED is no code of ours: it is told with the nearest one.
RequestError Unimplemented(std::string message, std::string reason) {
  RequestError error{Status(Code::kInvalidArgument, std::move(message)), std::move(reason), {}, {}};
  error.grpc_code = grpc::StatusCode::UNIMPLEMENTED;
  return error;
}

RequestError Refuse(const std::string& method) {
  const std::string version = ApiVersionOf(method);
  if (version.empty() || version == kVersion) {
    RequestError error =
        Unimplemented(fmt::format("there is no method {}", Excerpt(method)), "METHOD_UNKNOWN");
    error.metadata = {{"method", method}};
    return error;
  }
  RequestError error = Unimplemented(
      fmt::format("version {} is not served, this coordinator has {}", Excerpt(version), kVersion),
      "API_VERSION_UNSUPPORTED");
  error.metadata = {{"version", version}, {"supported", kVersion}};
  return error;
}

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethods::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  return new RefusedMethod(ToGrpcStatus(Refuse(context->method())));  // NOLINT: deletes itself
}

}  // namespace descent
