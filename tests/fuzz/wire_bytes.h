#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace descent {

// The bytes of a message, equal for equal messages: maps in the order of their keys.
std::string WireBytes(const google::protobuf::Message& message);

}  // namespace descent
