#include "coordinator/role.h"

#include "common/check.h"

namespace descent {
namespace {

struct RoleRow {
  Role role;
  std::string_view name;
};

constexpr RoleRow kRoles[] = {{Role::kViewer, "viewer"},
                              {Role::kUser, "user"},
                              {Role::kAdmin, "admin"},
                              {Role::kWorker, "worker"}};

}  // namespace

std::string_view RoleName(Role role) {
  for (const RoleRow& row : kRoles)
    if (row.role == role) return row.name;
  FailCheck("role is known", __FILE__, __LINE__);
}

std::optional<Role> RoleFromName(std::string_view name) {
  for (const RoleRow& row : kRoles)
    if (row.name == name) return row.role;
  return std::nullopt;
}

bool Permits(Role role, Role required) {
  if (role == Role::kWorker || required == Role::kWorker) return role == required;
  return role >= required;
}

Origin OriginOf(const Caller& caller, const std::string& request_id) {
  return {.actor = caller.name.empty() ? std::string(kActorLocal) : caller.name,
          .request_id = request_id};
}

bool MayChange(const Caller& caller, const Job& job) {
  return caller.role == Role::kAdmin || (caller.role == Role::kUser && caller.name == job.owner);
}

}  // namespace descent
