#include "coordinator/job_filter.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "coordinator/utc_time.h"

namespace descent {
namespace {

constexpr std::string_view kJobsPrefix = "jobs/";

std::optional<double> ParseDecimal(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<double> ParseTime(std::string_view text) {
  const std::optional<double> time = ParseUtcTime(text);
  return time ? time : ParseDecimal(text);
}

std::optional<double> ParseState(std::string_view text) {
  std::string name(text);
  for (char& c : name)
    if ('a' <= c && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const std::optional<JobState> state = JobStateFromName(name);
  if (!state) return std::nullopt;
  return static_cast<double>(*state);
}

std::optional<double> ParseNumeric(ListFieldType type, std::string_view text) {
  if (type == ListFieldType::kState) return ParseState(text);
  return type == ListFieldType::kTime ? ParseTime(text) : ParseDecimal(text);
}

std::string WantedValue(ListFieldType type) {
  if (type == ListFieldType::kNumber) return "a number";
  if (type == ListFieldType::kTime)
    return "a time: 2026-01-31, 2026-01-31T12:00:00Z or seconds since the epoch";
  return "a state: QUEUED, STARTING, RUNNING, RECOVERING, CANCELLING, SUSPENDING, SUSPENDED, "
         "STOPPING, SUCCEEDED, FAILED or CANCELLED";
}

std::string WantedOperator(ListFieldType type) {
  if (type == ListFieldType::kKeys) return ": and the key of a label";
  if (type == ListFieldType::kState) return "one of = != :*";
  return type == ListFieldType::kText ? "one of = != < <= > >= :" : "one of = != < <= > >= :*";
}

}  // namespace

std::variant<JobFilter, QueryProblem> JobFilter::Parse(std::string_view text) {
  QueryReader reader(text);
  if (text.size() > limits::kFilterBytesMax) return TooLong(text, limits::kFilterBytesMax);
  JobFilter filter;
  if (reader.IsAtEnd()) return filter;
  while (true) {
    auto term = ParseTerm(reader);
    if (auto* problem = std::get_if<QueryProblem>(&term)) return std::move(*problem);
    filter.terms_.push_back(std::get<Term>(std::move(term)));
    if (reader.IsAtEnd()) return filter;
    if (filter.terms_.size() == limits::kFilterTermsMax)
      return reader.ProblemAhead("the end after " + std::to_string(limits::kFilterTermsMax) +
                                 " terms");
    if (reader.TakeWord() != "AND") return reader.ProblemBehind("AND, or the end");
  }
}

std::variant<JobFilter::Term, QueryProblem> JobFilter::ParseTerm(QueryReader& reader) {
  const std::string_view name = reader.TakeWord();
  std::optional<ListField> field = ParseListField(name);
  if (!field) return reader.ProblemBehind("a field: " + std::string(kListFieldNames));
  const auto op = ParseOperator(reader, TypeOf(*field));
  if (const auto* problem = std::get_if<QueryProblem>(&op)) return *problem;
  return ParseValue(reader, *std::move(field), std::get<Operator>(op));
}

std::variant<JobFilter::Operator, QueryProblem> JobFilter::ParseOperator(QueryReader& reader,
                                                                         ListFieldType type) {
  // Of two that begin alike, the longer one first.
  static constexpr std::pair<std::string_view, Operator> kOperators[] = {
      {"<=", Operator::kLessOrEqual}, {">=", Operator::kGreaterOrEqual},
      {"!=", Operator::kNotEqual},    {"<", Operator::kLess},
      {">", Operator::kGreater},      {"=", Operator::kEqual},
      {":", Operator::kHas}};
  for (const auto& [symbol, op] : kOperators) {
    if (!reader.Take(symbol)) continue;
    const bool is_equality = op == Operator::kEqual || op == Operator::kNotEqual;
    const bool is_allowed = op == Operator::kHas || type == ListFieldType::kText ||
                            type == ListFieldType::kNumber || type == ListFieldType::kTime ||
                            (type == ListFieldType::kState && is_equality);
    if (!is_allowed) return reader.ProblemBehind(WantedOperator(type));
    return op;
  }
  return reader.ProblemAhead(WantedOperator(type));
}

std::variant<JobFilter::Term, QueryProblem> JobFilter::ParseValue(QueryReader& reader,
                                                                  ListField field, Operator op) {
  auto taken = reader.TakeValue();
  if (auto* problem = std::get_if<QueryProblem>(&taken)) return std::move(*problem);
  auto value = std::get<QueryReader::Value>(std::move(taken));
  const ListFieldType type = TypeOf(field);
  if (op == Operator::kHas && value.text == "*" && !value.is_quoted)
    return Term{.field = std::move(field), .op = op, .wanted = {}};
  if (type == ListFieldType::kKeys) {
    if (!IsLabelKey(value.text)) return reader.ProblemBehind("the key of a label, or *");
    return Term{.field = {ListField::Kind::kLabel, std::move(value.text)}, .op = op, .wanted = {}};
  }
  if (type == ListFieldType::kText) {
    if (field.kind == ListField::Kind::kName && value.text.starts_with(kJobsPrefix))
      value.text.erase(0, kJobsPrefix.size());
    if (field.kind == ListField::Kind::kLabel && op == Operator::kHas) op = Operator::kEqual;
    return Term{.field = std::move(field), .op = op, .wanted = std::move(value.text)};
  }
  if (op == Operator::kHas) return reader.ProblemBehind("*, any value");
  const std::optional<double> number = ParseNumeric(type, value.text);
  if (!number) return reader.ProblemBehind(WantedValue(type));
  return Term{.field = std::move(field), .op = op, .wanted = *number};
}

bool JobFilter::Matches(const Job& job) const {
  return std::ranges::all_of(terms_, [&](const Term& term) { return Holds(term, job); });
}

bool JobFilter::Holds(const Term& term, const Job& job) {
  const ListValue found = ValueOf(job, term.field);
  if (std::holds_alternative<std::monostate>(term.wanted)) return IsSet(job, term.field);
  if (std::holds_alternative<std::monostate>(found)) return term.op == Operator::kNotEqual;
  if (const auto* wanted = std::get_if<double>(&term.wanted))
    return Compare(term.op, std::get<double>(found), *wanted);
  const std::string_view wanted = std::get<std::string>(term.wanted);
  const std::string_view text = std::get<std::string_view>(found);
  if (term.op == Operator::kHas) return text.find(wanted) != std::string_view::npos;
  return Compare(term.op, text, wanted);
}

template <typename Value>
bool JobFilter::Compare(Operator op, const Value& found, const Value& wanted) {
  switch (op) {
    case Operator::kEqual:
      return found == wanted;
    case Operator::kNotEqual:
      return found != wanted;
    case Operator::kLess:
      return found < wanted;
    case Operator::kLessOrEqual:
      return found <= wanted;
    case Operator::kGreater:
      return found > wanted;
    case Operator::kGreaterOrEqual:
      return found >= wanted;
    case Operator::kHas:
      break;
  }
  FailCheck("values of this operator are compared", __FILE__, __LINE__);
}

}  // namespace descent
