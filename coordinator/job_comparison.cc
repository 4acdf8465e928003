#include "coordinator/job_comparison.h"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/check.h"

namespace descent {
namespace {

using Fields = std::map<std::string, std::string>;

void AddFields(const nlohmann::json& value, const std::string& path, Fields& fields) {
  if (value.is_object() && !value.empty()) {
    for (const auto& [key, member] : value.items())
      AddFields(member, path.empty() ? key : fmt::format("{}.{}", path, key), fields);
  } else if (value.is_array() && !value.empty() && value.front().is_object()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      AddFields(value[i], fmt::format("{}[{}]", path, i), fields);
  } else {
    fields[path] = value.dump();
  }
}

Fields FieldsOf(const v1::JobSpec& spec) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  DESCENT_CHECK(google::protobuf::util::MessageToJsonString(spec, &json, options).ok());
  Fields fields;
  AddFields(nlohmann::json::parse(json), "", fields);
  fields.erase("name");
  return fields;
}

}  // namespace

std::vector<DifferingField> CompareSpecs(const std::vector<v1::JobSpec>& specs) {
  std::map<std::string, std::vector<std::string>> by_field;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    for (auto& [field, value] : FieldsOf(specs[i])) {
      std::vector<std::string>& values = by_field[field];
      values.resize(specs.size());
      values[i] = value;
    }
  }
  std::vector<DifferingField> differing;
  for (auto& [field, values] : by_field)
    if (std::ranges::adjacent_find(values, std::ranges::not_equal_to()) != values.end())
      differing.push_back({field, values});
  return differing;
}

}  // namespace descent
