#pragma once

#include <string>

#include "common/result.h"

namespace descent {

inline Status UnknownEnum(const std::string& field, int value) {
  return Status(Code::kInvalidArgument, field + " has the unknown value " + std::to_string(value) +
                                            ": the sender is newer than this program");
}

// Between an enum of ours and one of the wire that has the same values in the same order, behind a
// value 0 for what is not given.

template <typename Proto, typename Enum>
Proto EnumToWire(Enum value) {
  return static_cast<Proto>(static_cast<int>(value) + 1);
}

// Leaves `value` as it is where the wire gives none. `last` is the last value of Enum.
// kInvalidArgument: a value beyond it.
template <typename Enum>
Status SetEnumFromWire(int proto, Enum last, const std::string& field, Enum& value) {
  if (proto < 0 || proto > static_cast<int>(last) + 1) return UnknownEnum(field, proto);
  if (proto > 0) value = static_cast<Enum>(proto - 1);
  return Status();
}

}  // namespace descent
