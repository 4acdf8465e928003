#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace descent {

// How a job file writes what a descriptor describes.

// The schema's name of a value is its enum's prefix and the file's word in capitals; the value 0,
// *_UNSPECIFIED, has no word. In the order of the values from 1 on.
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& descriptor);

// A list stands for a message that consists of one.
bool MayBeList(const google::protobuf::Descriptor& descriptor);

// The name of one of a oneof's messages stands for that message with nothing said in it. In the
// order of the fields; none where there is no such message.
std::vector<std::string> Choices(const google::protobuf::Descriptor& descriptor);

}  // namespace descent
