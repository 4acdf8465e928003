#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// Reads the records of a CSV text one by one, as strictly as RFC 4180: fields between delimiters,
// lines that end in LF or CRLF (the last may do without), a field in quotes may hold delimiters,
// line ends and, doubled, quotes. Refused are: a quote inside a field that does not begin with one,
// anything between a closing quote and the delimiter, a CR without LF outside quotes, NUL, a record
// of more than limits::kTableLineBytesMax bytes. A byte order mark of UTF-8 is passed over. The
// text must outlive the reader. One thread.
class CsvReader {
 public:
  CsvReader(std::string_view text, char delimiter);

  // Moves to the next record; false at the end of the text. kInvalidArgument: "line 3: …", after
  // which the reader is of no more use.
  Result<bool> Next();

  // Of the record read last, at least one. Valid until the next call of Next.
  std::span<const std::string_view> fields() const { return fields_; }
  std::int64_t line() const { return record_line_; }  // where it begins, from 1

 private:
  Status ReadField();
  Status ReadQuotedField();
  Status EndField();  // behind a field: a delimiter, a line end or the end of the text
  Status Problem(std::string_view message) const;
  bool AtEnd() const { return position_ >= text_.size(); }

  const std::string_view text_;
  const char delimiter_;
  std::size_t position_ = 0;
  std::size_t record_start_ = 0;
  std::int64_t line_ = 1;  // at position_
  std::int64_t record_line_ = 0;
  bool is_record_done_ = false;
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // fields of the record that had doubled quotes
};

}  // namespace descent
