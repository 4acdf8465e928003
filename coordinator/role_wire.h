#pragma once

#include <optional>

#include "coordinator/role.h"
#include "descent/v1/access.pb.h"
#include "proto/enum_wire.h"

namespace descent {

inline v1::Role ToProto(Role role) { return EnumToWire<v1::Role>(role); }

// Nothing: the role is not given, or one that this program does not know.
inline std::optional<Role> RoleFromProto(v1::Role proto) {
  Role role = Role::kViewer;
  const Status known = SetEnumFromWire(proto, Role::kWorker, "role", role);
  return proto == v1::ROLE_UNSPECIFIED || !known.ok() ? std::nullopt : std::optional(role);
}

}  // namespace descent
