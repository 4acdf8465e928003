#include "proto/message_text.h"

#include <string>
#include <vector>

#include "common/utf8.h"

namespace descent {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void MakeTextsValid(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) {
    const std::string text = reflection.GetString(message, &field);
    if (!IsUtf8(text)) reflection.SetString(&message, &field, ToUtf8(text));
    return;
  }
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const std::string text = reflection.GetRepeatedString(message, &field, i);
    if (!IsUtf8(text)) reflection.SetRepeatedString(&message, &field, i, ToUtf8(text));
  }
}

void MakeMessagesValid(Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) return MakeTextValid(*reflection.MutableMessage(&message, &field));
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i)
    MakeTextValid(*reflection.MutableRepeatedMessage(&message, &field, i));
}

}  // namespace

void MakeTextValid(Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* const field : fields) {
    if (field->is_map()) continue;
    if (field->type() == FieldDescriptor::TYPE_STRING) MakeTextsValid(message, *field);
    if (field->type() == FieldDescriptor::TYPE_MESSAGE) MakeMessagesValid(message, *field);
  }
}

}  // namespace descent
