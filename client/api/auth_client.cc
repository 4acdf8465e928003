#include "client/api/auth_client.h"

#include <algorithm>
#include <cctype>

#include "client/api/all_pages.h"
#include "client/api/channel.h"
#include "client/api/convert.h"
#include "descent/v1/auth_service.grpc.pb.h"

namespace descent {
namespace {

constexpr std::string_view kRolePrefix = "ROLE_";

std::string NameOf(v1::Role role) {
  std::string name = v1::Role_Name(role).substr(kRolePrefix.size());
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

// An unknown one is left to the coordinator to refuse.
v1::Role RoleOf(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  v1::Role role = v1::ROLE_UNSPECIFIED;
  v1::Role_Parse(std::string(kRolePrefix) + name, &role);
  return role;
}

TokenView ToTokenView(const v1::Token& token) {
  return {.id = token.id(),
          .name = token.name(),
          .role = NameOf(token.role()),
          .create_time = token.create_time(),
          .expire_time = token.expire_time(),
          .json = ToJson(token)};
}

}  // namespace

struct AuthClient::Stub {
  explicit Stub(const Endpoint& endpoint) : channel(endpoint), auth(channel.grpc()) {}

  // `method` of the service, of which `response` is the answer.
  template <typename Method, typename Request, typename Response>
  grpc::Status Call(Method method, const Request& request, Response& response) {
    return channel.CallWithRetry(
        [&](grpc::ClientContext* context) { return (auth.*method)(context, request, &response); });
  }

  // Whose answer is lost has made a token that nobody knows; to do it again would make a second.
  grpc::Status CreateToken(const v1::CreateTokenRequest& request,
                           v1::CreateTokenResponse& response) {
    return channel.CallOnce([&](grpc::ClientContext* context) {
      return auth.CreateToken(context, request, &response);
    });
  }

  const Channel channel;
  v1::AuthService::Stub auth;
};

AuthClient::AuthClient(const Endpoint& endpoint)
    : address_(endpoint.address), stub_(std::make_unique<Stub>(endpoint)) {}

AuthClient::~AuthClient() = default;

Reply<TokenView> AuthClient::CreateToken(const std::string& name, const std::string& role,
                                         double valid_seconds) {
  v1::CreateTokenRequest request;
  request.set_name(name);
  request.set_role(RoleOf(role));
  request.set_valid_seconds(valid_seconds);
  v1::CreateTokenResponse response;
  const grpc::Status status = stub_->CreateToken(request, response);
  if (!status.ok()) return ToApiError(status, address_);
  TokenView view = ToTokenView(response.token());
  view.secret = response.secret();
  view.json = ToJson(response);
  return view;
}

Reply<std::vector<TokenView>> AuthClient::ListTokens() {
  v1::ListTokensResponse response;
  const auto call = [&](const v1::ListTokensRequest& request, v1::ListTokensResponse& page) {
    return stub_->Call(&v1::AuthService::Stub::ListTokens, request, page);
  };
  const grpc::Status status = ReadAllPages(v1::ListTokensRequest(), response, call);
  if (!status.ok()) return ToApiError(status, address_);
  std::vector<TokenView> tokens;
  for (const v1::Token& token : response.tokens()) tokens.push_back(ToTokenView(token));
  return tokens;
}

std::optional<ApiError> AuthClient::RevokeToken(const std::string& id) {
  v1::RevokeTokenRequest request;
  request.set_id(id);
  v1::RevokeTokenResponse response;
  const grpc::Status status = stub_->Call(&v1::AuthService::Stub::RevokeToken, request, response);
  if (status.ok()) return std::nullopt;
  return ToApiError(status, address_);
}

Reply<IdentityView> AuthClient::WhoAmI() {
  v1::WhoAmIResponse response;
  const grpc::Status status =
      stub_->Call(&v1::AuthService::Stub::WhoAmI, v1::WhoAmIRequest(), response);
  if (!status.ok()) return ToApiError(status, address_);
  return IdentityView{.name = response.name(),
                      .role = NameOf(response.role()),
                      .expire_time = response.expire_time(),
                      .json = ToJson(response)};
}

}  // namespace descent
