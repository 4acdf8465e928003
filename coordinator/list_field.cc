#include "coordinator/list_field.h"

#include <utility>

#include "common/check.h"

namespace descent {
namespace {

using Kind = ListField::Kind;

struct FieldRow {
  std::string_view name;
  Kind kind;
  ListFieldType type;
};

constexpr FieldRow kFields[] = {
    {"state", Kind::kState, ListFieldType::kState},
    {"name", Kind::kName, ListFieldType::kText},
    {"owner", Kind::kOwner, ListFieldType::kText},
    {"priority", Kind::kPriority, ListFieldType::kNumber},
    {"create_time", Kind::kCreateTime, ListFieldType::kTime},
    {"start_time", Kind::kStartTime, ListFieldType::kTime},
    {"end_time", Kind::kEndTime, ListFieldType::kTime},
    {"labels", Kind::kLabels, ListFieldType::kKeys},
};

// Those with a key: the name is what stands before it.
constexpr FieldRow kKeyedFields[] = {
    {"labels.", Kind::kLabel, ListFieldType::kText},
    {"latest_metrics.", Kind::kLatestMetric, ListFieldType::kNumber},
};

ListValue Time(double seconds) {
  if (seconds == 0) return std::monostate();
  return seconds;
}

ListValue OwnerOf(const Job& job) {
  if (job.owner.empty()) return std::monostate();
  return std::string_view(job.owner);
}

ListValue LabelOf(const Job& job, const std::string& key) {
  const auto label = job.labels.find(key);
  if (label == job.labels.end()) return std::monostate();
  return std::string_view(label->second);
}

ListValue LatestMetricOf(const Job& job, const std::string& name) {
  const auto metric = job.latest_metrics.find(name);
  if (metric == job.latest_metrics.end()) return std::monostate();
  return metric->second;
}

}  // namespace

const std::string_view kListFieldNames =
    "state, name, owner, priority, create_time, start_time, end_time, labels.KEY or "
    "latest_metrics.NAME";

ListFieldType TypeOf(const ListField& field) {
  for (const FieldRow& row : kFields)
    if (row.kind == field.kind) return row.type;
  for (const FieldRow& row : kKeyedFields)
    if (row.kind == field.kind) return row.type;
  FailCheck("field is known", __FILE__, __LINE__);
}

std::optional<ListField> ParseListField(std::string_view name) {
  for (const FieldRow& row : kFields)
    if (row.name == name) return ListField{.kind = row.kind, .key = ""};
  for (const FieldRow& row : kKeyedFields) {
    if (!name.starts_with(row.name)) continue;
    std::string key(name.substr(row.name.size()));
    const bool is_key = row.kind == Kind::kLabel ? IsLabelKey(key) : !key.empty();
    if (is_key) return ListField{.kind = row.kind, .key = std::move(key)};
  }
  return std::nullopt;
}

ListValue ValueOf(const Job& job, const ListField& field) {
  switch (field.kind) {
    case Kind::kState:
      return static_cast<double>(job.state);
    case Kind::kName:
      return std::string_view(job.id);
    case Kind::kOwner:
      return OwnerOf(job);
    case Kind::kPriority:
      return static_cast<double>(job.priority);
    case Kind::kCreateTime:
      return Time(job.create_time);
    case Kind::kStartTime:
      return Time(job.start_time);
    case Kind::kEndTime:
      return Time(job.end_time);
    case Kind::kLabels:
      return std::monostate();
    case Kind::kLabel:
      return LabelOf(job, field.key);
    case Kind::kLatestMetric:
      return LatestMetricOf(job, field.key);
  }
  FailCheck("field is known", __FILE__, __LINE__);
}

bool IsSet(const Job& job, const ListField& field) {
  if (field.kind == Kind::kLabels) return !job.labels.empty();
  return !std::holds_alternative<std::monostate>(ValueOf(job, field));
}

}  // namespace descent
