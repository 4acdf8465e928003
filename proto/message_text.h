#pragma once

#include <google/protobuf/message.h>

namespace descent {

// Replaces what is not UTF-8 in the strings of `message` and of those within it, but for the keys
// of maps. Whoever reads a message with such a string refuses all of it; texts that tell of files
// have their names in them, which are any bytes.
void MakeTextValid(google::protobuf::Message& message);

}  // namespace descent
