#include "proto/job_schema.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.h"
#include "descent/v1/job_spec.pb.h"
#include "proto/job_field.h"
#include "proto/job_spec_source.h"

namespace descent {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::OneofDescriptor;
using google::protobuf::SourceCodeInfo;
using Json = nlohmann::ordered_json;

// What ParseDuration takes, but for the bound.
constexpr const char* kDurationPattern = "^([0-9]+|([0-9]+d)?([0-9]+h)?([0-9]+m(in)?)?([0-9]+s)?)$";

// A comment as one line. What it says of the program's sources is not for who writes a job file.
std::string Described(const std::string& comment) {
  std::string line;
  for (const char c : comment) {
    const bool is_space = c == ' ' || c == '\n';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line += is_space ? ' ' : c;
  }
  std::string kept;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t stop = line.find(". ", begin);
    const std::size_t end = stop == std::string::npos ? line.size() : stop + 2;
    const std::string sentence = line.substr(begin, end - begin);
    if (sentence.find(".h") == std::string::npos) kept += sentence;
    begin = end;
  }
  kept.erase(kept.find_last_not_of(' ') + 1);
  return kept;
}

// The comments of job_spec.proto. A place in a file is the path that SourceCodeInfo documents: the
// number of a field of FileDescriptorProto and an index, and so on inwards.
class Comments {
 public:
  Comments() {
    const std::string_view bytes = JobSpecSource().front().content;
    FileDescriptorSet files;
    DESCENT_CHECK(files.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    for (const SourceCodeInfo::Location& location : files.file(0).source_code_info().location())
      by_path_[{location.path().begin(), location.path().end()}] =
          Described(location.leading_comments() + " " + location.trailing_comments());
  }

  std::string Of(const Descriptor& message) const { return At(PathOf(message)); }
  std::string Of(const FieldDescriptor& field) const {
    std::vector<int> path = PathOf(*field.containing_type());
    path.insert(path.end(), {DescriptorProto::kFieldFieldNumber, field.index()});
    return At(path);
  }
  // Of an enum and those of its values that have one: "How parameters start. zeros: …".
  std::string Of(const EnumDescriptor& type) const {
    std::vector<int> path = {FileDescriptorProto::kEnumTypeFieldNumber, type.index()};
    std::string text = At(path);
    const std::vector<std::string> words = EnumWords(type);
    path.insert(path.end(), {EnumDescriptorProto::kValueFieldNumber, 0});
    for (std::size_t i = 0; i < words.size(); ++i) {
      path.back() = static_cast<int>(i) + 1;
      const std::string of_value = At(path);
      if (!of_value.empty()) text += (text.empty() ? "" : " ") + words[i] + ": " + of_value + ".";
    }
    return text;
  }

 private:
  static std::vector<int> PathOf(const Descriptor& message) {
    return {FileDescriptorProto::kMessageTypeFieldNumber, message.index()};
  }
  std::string At(const std::vector<int>& path) const {
    const auto found = by_path_.find(path);
    return found == by_path_.end() ? "" : found->second;
  }

  std::map<std::vector<int>, std::string> by_path_;
};

class SchemaWriter {
 public:
  Json Write(const Descriptor& root) {
    Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                   {"title", "Job file of Descent"}};
    schema.update(Mapping(root));
    schema["$defs"] = std::move(definitions_);
    return schema;
  }

 private:
  static void Describe(const std::string& text, Json& schema) {
    if (!text.empty()) schema["description"] = text;
  }

  // A reference to the definition of a message or an enum, which is made on its first use.
  template <typename Type>
  Json Reference(const Type& type) {
    if (!definitions_.contains(type.name())) {
      definitions_[type.name()] = nullptr;  // its place, before those of what it consists of
      Json definition = Define(type);
      definitions_[type.name()] = std::move(definition);
    }
    return {{"$ref", "#/$defs/" + type.name()}};
  }

  Json Define(const EnumDescriptor& type) {
    Json schema = {{"enum", EnumWords(type)}};
    Describe(comments_.Of(type), schema);
    return schema;
  }

  // In each of the forms that a job file may give it.
  Json Define(const Descriptor& message) {
    Json forms = Json::array({Mapping(message)});
    if (MayBeList(message)) forms.push_back(Property(*message.field(0)));
    if (const auto names = Choices(message); !names.empty()) forms.push_back({{"enum", names}});
    Json schema = forms.size() == 1 ? forms[0] : Json{{"anyOf", forms}};
    Describe(comments_.Of(message), schema);
    return schema;
  }

  Json Mapping(const Descriptor& message) {
    Json properties = Json::object();
    for (int i = 0; i < message.field_count(); ++i)
      properties[message.field(i)->name()] = Property(*message.field(i));
    Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    for (int i = 0; i < message.real_oneof_decl_count(); ++i)
      schema["allOf"].push_back({{"oneOf", OneMember(*message.oneof_decl(i))}});
    return schema;
  }

  static Json OneMember(const OneofDescriptor& oneof) {
    Json members = Json::array();
    for (int i = 0; i < oneof.field_count(); ++i)
      members.push_back({{"required", Json::array({oneof.field(i)->name()})}});
    return members;
  }

  Json Property(const FieldDescriptor& field) {
    Json schema =
        field.is_repeated() ? Json{{"type", "array"}, {"items", Value(field)}} : Value(field);
    Describe(comments_.Of(field), schema);
    return schema;
  }

  Json Value(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Reference(*field.message_type());
      case FieldDescriptor::CPPTYPE_ENUM:
        return Reference(*field.enum_type());
      case FieldDescriptor::CPPTYPE_BOOL:
        return {{"type", "boolean"}};
      case FieldDescriptor::CPPTYPE_INT64:
        if (field.options().GetExtension(v1::is_duration))
          return {{"anyOf",
                   {{{"type", "integer"}, {"minimum", 1}},
                    {{"type", "string"}, {"pattern", kDurationPattern}}}}};
        if (field.options().HasExtension(v1::number_word))
          return {{"anyOf",
                   {{{"type", "integer"}},
                    {{"const", field.options().GetExtension(v1::number_word).word()}}}}};
        return {{"type", "integer"}};
      case FieldDescriptor::CPPTYPE_UINT64:
        return {{"type", "integer"}, {"minimum", 0}};
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return {{"type", "number"}};
      case FieldDescriptor::CPPTYPE_STRING:
        // A text needs no quotes, so that what a YAML parser has as 4 is the text "4" here.
        return {{"type", {"string", "number", "boolean"}}};
      default:
        // The schema has grown a type that no job file could give.
        DESCENT_CHECK(false);
    }
  }

  const Comments comments_;
  Json definitions_ = Json::object();
};

}  // namespace

std::string JobFileSchema() {
  return SchemaWriter().Write(*v1::JobSpec::descriptor()).dump(2) + "\n";
}

}  // namespace descent
