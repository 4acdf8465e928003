#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/event.h"
#include "coordinator/job.h"

namespace descent {

// What a token is for. Each of the first three may also do what those before it may; kWorker is
// apart: with it workers and launchers join, and nothing else.
enum class Role { kViewer, kUser, kAdmin, kWorker };

std::string_view RoleName(Role role);  // "viewer"
std::optional<Role> RoleFromName(std::string_view name);

// Whether the holder of `role` may call what asks for `required`.
bool Permits(Role role, Role required);

// Who makes a call.
struct Caller {
  std::string name;  // of the token; empty: the coordinator asks for no tokens
  Role role = Role::kAdmin;
  double expire_time = 0;  // seconds since the epoch; 0: never
  std::string token_id{};
};

// Of what the caller asks for, as histories have it.
Origin OriginOf(const Caller& caller, const std::string& request_id = "");

// Users change their own jobs, admins all.
bool MayChange(const Caller& caller, const Job& job);

}  // namespace descent
