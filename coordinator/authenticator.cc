#include "coordinator/authenticator.h"

#include <chrono>
#include <string>

#include "common/clock.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr std::string_view kScheme = "Bearer ";
constexpr char kHowToGiveOne[] = "; give one with --token-file or DESCENT_TOKEN_FILE";

constexpr char kGuide[] = "docs/security.md#set-it-up";

AccessError Unauthenticated(std::string reason, std::string message) {
  return {
      AccessError::Kind::kUnauthenticated,
      std::move(reason),
      std::move(message),
      {},
      {{"an admin makes a token: descent token create --name NAME --role user --out FILE", kGuide},
       {"give it: descent whoami --token-file FILE, or DESCENT_TOKEN_FILE=FILE", kGuide}}};
}

bool HasExpired(double expire_time, double now) { return expire_time != 0 && expire_time <= now; }

AccessError ExpiredToken(const std::string& id, const std::string& name) {
  return Unauthenticated(
      "TOKEN_EXPIRED", "token " + id + " of " + name + " has expired; ask an admin for a new one");
}

AccessError RoleRequired(Role required, std::string message) {
  return {AccessError::Kind::kPermissionDenied,
          "ROLE_REQUIRED",
          std::move(message),
          {{"role", std::string(RoleName(required))}}};
}

}  // namespace

std::variant<Caller, AccessError> Authenticator::Admit(std::string_view authorization,
                                                       Role required, double now) const {
  if (admission_ == Admission::kEverybody) return Caller{};
  if (!authorization.starts_with(kScheme))
    return Unauthenticated("TOKEN_MISSING",
                           std::string("this coordinator asks for a token") + kHowToGiveOne);
  const std::optional<Token> token = tokens_.Find(authorization.substr(kScheme.size()));
  if (!token)
    return Unauthenticated("TOKEN_UNKNOWN",
                           "the token is not of this coordinator, or it was revoked");
  if (HasExpired(token->expire_time, now)) return ExpiredToken(token->id, token->name);
  if (!Permits(token->role, required))
    return RoleRequired(required, "token " + token->id + " of " + token->name + " has role " +
                                      std::string(RoleName(token->role)) + ", this call needs " +
                                      std::string(RoleName(required)));
  return Caller{.name = token->name,
                .role = token->role,
                .expire_time = token->expire_time,
                .token_id = token->id};
}

std::optional<AccessError> Authenticator::CheckAgain(const Caller& caller, double now) const {
  if (admission_ == Admission::kEverybody) return std::nullopt;
  if (HasExpired(caller.expire_time, now)) return ExpiredToken(caller.token_id, caller.name);
  if (tokens_.Has(caller.token_id)) return std::nullopt;
  return Unauthenticated("TOKEN_REVOKED",
                         "token " + caller.token_id + " of " + caller.name + " was revoked");
}

double SecondsOfCalendar() {
  return std::chrono::duration<double>(WallNow().time_since_epoch()).count();
}

AccessError NotTheOwner(const Caller& caller, const Job& job) {
  return RoleRequired(Role::kAdmin, JobName(job.id) + " belongs to " +
                                        (job.owner.empty() ? std::string("nobody") : job.owner) +
                                        "; " + caller.name + " may change it with role admin only");
}

}  // namespace descent
