#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coordinator/job.h"
#include "coordinator/list_field.h"
#include "coordinator/query_reader.h"

namespace descent {

// Which jobs a list is of: terms FIELD OPERATOR VALUE that are joined by AND, the part of AIP-160
// that ListJobsRequest.filter describes (service.proto). Takes time in proportion to its text to
// parse, and to its terms to compare with a job.
class JobFilter {
 public:
  // A text of blanks is a filter for all jobs.
  static std::variant<JobFilter, QueryProblem> Parse(std::string_view text);

  bool Matches(const Job& job) const;

 private:
  enum class Operator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kHas };

  // `wanted` is of the field's type; std::monostate: any value will do.
  struct Term {
    ListField field;
    Operator op = Operator::kEqual;
    std::variant<std::monostate, double, std::string> wanted;
  };

  static std::variant<Term, QueryProblem> ParseTerm(QueryReader& reader);
  static std::variant<Operator, QueryProblem> ParseOperator(QueryReader& reader,
                                                            ListFieldType type);
  static std::variant<Term, QueryProblem> ParseValue(QueryReader& reader, ListField field,
                                                     Operator op);
  static bool Holds(const Term& term, const Job& job);
  template <typename Value>
  static bool Compare(Operator op, const Value& found, const Value& wanted);

  std::vector<Term> terms_;
};

}  // namespace descent
