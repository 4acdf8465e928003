#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/api/endpoint.h"
#include "client/api/reply.h"

namespace descent {

struct TokenView {
  std::string id;
  std::string name;
  std::string role;        // "viewer"
  double create_time = 0;  // seconds since the epoch
  double expire_time = 0;  // 0: never
  std::string secret;      // of one that was just made
  std::string json;
};

struct IdentityView {
  std::string name;  // empty: the coordinator asks for no tokens
  std::string role;
  double expire_time = 0;
  std::string json;
};

// AuthService of one coordinator. Calls block as those of Client. Any thread.
class AuthClient {
 public:
  explicit AuthClient(const Endpoint& endpoint);
  ~AuthClient();

  // `role` is viewer, user, admin or worker; `valid_seconds` 0: for ever.
  Reply<TokenView> CreateToken(const std::string& name, const std::string& role,
                               double valid_seconds);
  Reply<std::vector<TokenView>> ListTokens();  // oldest first
  std::optional<ApiError> RevokeToken(const std::string& id);
  Reply<IdentityView> WhoAmI();

 private:
  struct Stub;

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
