#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "coordinator/job.h"

namespace descent {

// A field of jobs by which a list of them is filtered and ordered, under the name that it has in
// the message Job.
struct ListField {
  enum class Kind {
    kState,
    kName,
    kOwner,
    kPriority,
    kCreateTime,
    kStartTime,
    kEndTime,
    kLabels,        // all of them
    kLabel,         // the one that `key` names
    kLatestMetric,  // the same
  };
  Kind kind = Kind::kName;
  std::string key;

  bool operator==(const ListField&) const = default;
};

enum class ListFieldType { kState, kText, kNumber, kTime, kKeys };

ListFieldType TypeOf(const ListField& field);

// "labels.team" is the label team. Null: there is no such field.
std::optional<ListField> ParseListField(std::string_view name);

// All names, for people: "state, name, …".
extern const std::string_view kListFieldNames;

// A state and a time are numbers; states count in the order of a job's life. The text is the job's
// own. std::monostate: the job has no value there, as an owner that is nobody, or it is kLabels.
using ListValue = std::variant<std::monostate, double, std::string_view>;
ListValue ValueOf(const Job& job, const ListField& field);

// Whether the job has a value there; no label at all is none.
bool IsSet(const Job& job, const ListField& field);

}  // namespace descent
