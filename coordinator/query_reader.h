#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "coordinator/request_error.h"

namespace descent {

// What is wrong with the text of a query, and where.
struct QueryProblem {
  std::size_t position = 1;  // in bytes, from 1
  std::string found;         // in quotes, or "the end"
  std::string wanted;
};

// The same as the refusal of a request's `field`: its metadata has what the problem has.
RequestError QueryInvalid(std::string reason, std::string_view field, const QueryProblem& problem);

QueryProblem TooLong(std::string_view text, std::size_t bytes_max);

// Reads the text of a query from front to back, past blanks. The text outlives the reader.
class QueryReader {
 public:
  explicit QueryReader(std::string_view text) : text_(text) {}

  bool IsAtEnd();

  // Letters, digits and any of _ . / - at the front; empty: something else is there.
  std::string_view TakeWord();

  // Whether exactly this is at the front.
  bool IsAhead(std::string_view symbol);
  bool Take(std::string_view symbol);  // the same, and takes it

  struct Value {
    std::string text;
    bool is_quoted = false;
  };
  // In quotes, or up to a blank or one of "'()=<>!,
  std::variant<Value, QueryProblem> TakeValue();

  // Of what is at the front.
  QueryProblem ProblemAhead(std::string wanted);
  // Of what was asked for last, or is at the front if nothing of that kind was.
  QueryProblem ProblemBehind(std::string wanted);

 private:
  void SkipBlanks();
  QueryProblem ProblemAt(std::size_t begin, std::size_t end, std::string wanted) const;
  std::variant<Value, QueryProblem> TakeQuoted();
  std::string_view TakeWhile(bool (*is_part)(char));

  const std::string_view text_;
  std::size_t next_ = 0;
  std::size_t last_ = 0;  // where what was taken last begins
};

}  // namespace descent
