#include "coordinator/query_reader.h"

#include <fmt/format.h>

#include <utility>

#include "coordinator/excerpt.h"

namespace descent {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsWordPart(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '_' ||
         c == '.' || c == '/' || c == '-';
}

// Bytes beyond ASCII are parts of letters.
bool IsValuePart(char c) {
  constexpr std::string_view kOthers = "\"'()=<>!,";
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7f && kOthers.find(c) == std::string_view::npos;
}

}  // namespace

RequestError QueryInvalid(std::string reason, std::string_view field, const QueryProblem& problem) {
  const std::string position = std::to_string(problem.position);
  return {Status(Code::kInvalidArgument, fmt::format("{}, position {}: found {}, wanted {}", field,
                                                     position, problem.found, problem.wanted)),
          std::move(reason),
          {},
          {{"position", position}, {"found", problem.found}, {"wanted", problem.wanted}}};
}

QueryProblem TooLong(std::string_view text, std::size_t bytes_max) {
  return {.position = bytes_max + 1,
          .found = "one of " + std::to_string(text.size()) + " bytes",
          .wanted = "the end after " + std::to_string(bytes_max)};
}

void QueryReader::SkipBlanks() {
  while (next_ < text_.size() && IsBlank(text_[next_])) ++next_;
}

bool QueryReader::IsAtEnd() {
  SkipBlanks();
  return next_ == text_.size();
}

std::string_view QueryReader::TakeWhile(bool (*is_part)(char)) {
  SkipBlanks();
  last_ = next_;
  while (next_ < text_.size() && is_part(text_[next_])) ++next_;
  return text_.substr(last_, next_ - last_);
}

std::string_view QueryReader::TakeWord() { return TakeWhile(IsWordPart); }

bool QueryReader::IsAhead(std::string_view symbol) {
  SkipBlanks();
  return text_.substr(next_).starts_with(symbol);
}

bool QueryReader::Take(std::string_view symbol) {
  if (!IsAhead(symbol)) return false;
  last_ = next_;
  next_ += symbol.size();
  return true;
}

std::variant<QueryReader::Value, QueryProblem> QueryReader::TakeValue() {
  if (!IsAtEnd() && (text_[next_] == '"' || text_[next_] == '\'')) return TakeQuoted();
  const std::string_view bare = TakeWhile(IsValuePart);
  if (bare.empty()) return ProblemAhead("a value");
  if (bare == "AND" || bare == "OR" || bare == "NOT")
    return ProblemBehind("a value; this word stands in quotes");
  return Value{.text = std::string(bare)};
}

std::variant<QueryReader::Value, QueryProblem> QueryReader::TakeQuoted() {
  last_ = next_;
  const char quote = text_[next_++];
  Value value{.text = "", .is_quoted = true};
  while (next_ < text_.size() && text_[next_] != quote) {
    const bool is_escaped = text_[next_] == '\\' && next_ + 1 < text_.size();
    if (is_escaped) ++next_;
    value.text += text_[next_++];
  }
  if (next_ == text_.size()) return ProblemBehind(std::string("a value that ends with ") + quote);
  ++next_;
  return value;
}

QueryProblem QueryReader::ProblemAhead(std::string wanted) {
  SkipBlanks();
  std::size_t end = next_;
  while (end < text_.size() && IsWordPart(text_[end])) ++end;
  if (end == next_ && end < text_.size()) ++end;
  return ProblemAt(next_, end, std::move(wanted));
}

QueryProblem QueryReader::ProblemBehind(std::string wanted) {
  if (last_ == next_) return ProblemAhead(std::move(wanted));
  return ProblemAt(last_, next_, std::move(wanted));
}

QueryProblem QueryReader::ProblemAt(std::size_t begin, std::size_t end, std::string wanted) const {
  return {.position = begin + 1,
          .found = begin == end ? "the end" : Excerpt(text_.substr(begin, end - begin)),
          .wanted = std::move(wanted)};
}

}  // namespace descent
