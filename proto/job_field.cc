#include "proto/job_field.h"

#include <string_view>
#include <utility>

namespace descent {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

std::vector<std::string> EnumWords(const EnumDescriptor& descriptor) {
  const std::string& zero = descriptor.value(0)->name();
  const std::size_t prefix = zero.size() - std::string_view("UNSPECIFIED").size();
  std::vector<std::string> words;
  for (int i = 1; i < descriptor.value_count(); ++i) {
    std::string word = descriptor.value(i)->name().substr(prefix);
    for (char& c : word) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
    words.push_back(std::move(word));
  }
  return words;
}

bool MayBeList(const Descriptor& descriptor) {
  return descriptor.field_count() == 1 && descriptor.field(0)->is_repeated();
}

std::vector<std::string> Choices(const Descriptor& descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.real_containing_oneof() != nullptr &&
        field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE)
      names.push_back(field.name());
  }
  return names;
}

}  // namespace descent
