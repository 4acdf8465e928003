#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coordinator/job.h"
#include "coordinator/list_field.h"
#include "coordinator/query_reader.h"

namespace descent {

// Where a job stands in a list: what its fields were, and its order of creation. The job may have
// changed since, or be gone.
struct ListPosition {
  // std::monostate: it had no value.
  using Key = std::variant<std::monostate, double, std::string>;

  std::vector<Key> keys;  // of the order's fields
  std::int64_t sequence = 0;
};

// The order of a list, as ListJobsRequest.order_by describes it (service.proto).
class JobOrder {
 public:
  // A text of blanks is the order newest first.
  static std::variant<JobOrder, QueryProblem> Parse(std::string_view text);

  std::size_t field_count() const { return fields_.size(); }  // 0: newest first
  ListPosition PositionOf(const Job& job) const;

  // Strict, and total for positions of this order.
  bool IsBefore(const ListPosition& left, const ListPosition& right) const;

 private:
  struct OrderField {
    ListField field;
    bool is_descending = false;
  };

  static std::variant<OrderField, QueryProblem> ParseField(QueryReader& reader);

  std::vector<OrderField> fields_;
};

}  // namespace descent
