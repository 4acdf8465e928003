#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "coordinator/request_error.h"
#include "coordinator/token_store.h"

namespace descent {

enum class Admission {
  kEverybody,  // on loopback only: every caller is an admin without a name
  kTokens,
};

// Says who makes a call, and whether the role is enough for it. gRPC and HTTP both ask here. Any
// thread.
class Authenticator {
 public:
  // `tokens` outlives this object.
  Authenticator(const TokenStore& tokens, Admission admission)
      : tokens_(tokens), admission_(admission) {}

  Admission admission() const { return admission_; }

  // `authorization` is that header's value, empty if it is absent; `now` in seconds since the
  // epoch. Unauthenticated: TOKEN_MISSING, TOKEN_UNKNOWN, TOKEN_EXPIRED. PermissionDenied:
  // ROLE_REQUIRED, with the role in the metadata.
  std::variant<Caller, AccessError> Admit(std::string_view authorization, Role required,
                                          double now) const;

  // Of a caller who was admitted: nothing, or why that holds no longer. Unauthenticated:
  // TOKEN_EXPIRED, TOKEN_REVOKED.
  std::optional<AccessError> CheckAgain(const Caller& caller, double now) const;

 private:
  const TokenStore& tokens_;
  const Admission admission_;
};

// The refusal of a change to a job of somebody else: PermissionDenied ROLE_REQUIRED.
AccessError NotTheOwner(const Caller& caller, const Job& job);

}  // namespace descent
