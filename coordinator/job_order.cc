#include "coordinator/job_order.h"

#include <cmath>
#include <optional>
#include <utility>

#include "common/limits.h"

namespace descent {
namespace {

using Key = ListPosition::Key;

// A loss that is not finite has no place among the others.
Key KeyOf(const ListValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr || !std::isfinite(*number)) return std::monostate();
  return *number;
}

}  // namespace

std::variant<JobOrder, QueryProblem> JobOrder::Parse(std::string_view text) {
  QueryReader reader(text);
  if (text.size() > limits::kFilterBytesMax) return TooLong(text, limits::kFilterBytesMax);
  JobOrder order;
  if (reader.IsAtEnd()) return order;
  do {
    if (order.fields_.size() == limits::kOrderFieldsMax)
      return reader.ProblemAhead("the end after " + std::to_string(limits::kOrderFieldsMax) +
                                 " fields");
    auto field = ParseField(reader);
    if (auto* problem = std::get_if<QueryProblem>(&field)) return std::move(*problem);
    order.fields_.push_back(std::get<OrderField>(std::move(field)));
  } while (reader.Take(","));
  if (reader.IsAtEnd()) return order;
  return reader.ProblemAhead("\",\" or the end");
}

std::variant<JobOrder::OrderField, QueryProblem> JobOrder::ParseField(QueryReader& reader) {
  std::optional<ListField> field = ParseListField(reader.TakeWord());
  if (!field || TypeOf(*field) == ListFieldType::kKeys)
    return reader.ProblemBehind("a field: " + std::string(kListFieldNames));
  OrderField parsed{.field = *std::move(field)};
  if (reader.IsAtEnd() || reader.IsAhead(",")) return parsed;
  if (reader.TakeWord() != "desc") return reader.ProblemBehind("\",\", \"desc\" or the end");
  parsed.is_descending = true;
  return parsed;
}

ListPosition JobOrder::PositionOf(const Job& job) const {
  ListPosition position{.keys = {}, .sequence = job.sequence};
  position.keys.reserve(fields_.size());
  for (const OrderField& field : fields_) position.keys.push_back(KeyOf(ValueOf(job, field.field)));
  return position;
}

bool JobOrder::IsBefore(const ListPosition& left, const ListPosition& right) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const Key& mine = left.keys[i];
    const Key& theirs = right.keys[i];
    if (mine == theirs) continue;
    const bool is_mine_absent = std::holds_alternative<std::monostate>(mine);
    const bool is_theirs_absent = std::holds_alternative<std::monostate>(theirs);
    if (is_mine_absent || is_theirs_absent) return is_theirs_absent;
    return fields_[i].is_descending ? theirs < mine : mine < theirs;
  }
  return left.sequence > right.sequence;
}

}  // namespace descent
