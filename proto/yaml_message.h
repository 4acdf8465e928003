#pragma once

#include <google/protobuf/message.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "proto/yaml_value.h"

namespace descent {

// What was found while a message was filled.
struct FillReport {
  std::vector<FieldProblem> problems;
  std::map<std::string, FieldPlace> places;  // of every field given, by path: "batch.micro"
  std::set<std::string> faulty;              // paths of the fields that have a problem
  std::set<std::string> misspelt;            // paths that an unknown field seems to mean

  // Something is wrong with `field`, with a part of it, or with the whole it is a part of; a field
  // that was misspelt and not also given is faulty too.
  bool IsFaulty(const std::string& field) const;
  void AddProblem(const FieldPlace& place, const std::string& field, std::string message);
};

// Fills `message` from a mapping by the message's own descriptor, going on after each problem. What
// the mapping does not name stays as it is; a list replaces the list that was there. A list stands
// for a message whose only field is one, and the name of a message in a oneof for that message with
// nothing said in it. Knows messages, enums, texts, booleans, and the numbers int64, uint64 and
// double: the types of the job file.
FillReport FillFromYaml(const YamlValue& root, google::protobuf::Message& message);

}  // namespace descent
