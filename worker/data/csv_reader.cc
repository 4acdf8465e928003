#include "worker/data/csv_reader.h"

#include <spdlog/fmt/fmt.h>

#include "common/limits.h"

namespace descent {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(std::string_view text, char delimiter) : text_(text), delimiter_(delimiter) {
  if (text_.starts_with(kByteOrderMark)) position_ = kByteOrderMark.size();
}

Result<bool> CsvReader::Next() {
  if (AtEnd()) return false;
  fields_.clear();
  unquoted_.clear();
  record_line_ = line_;
  record_start_ = position_;
  is_record_done_ = false;
  while (!is_record_done_) {
    const bool is_quoted = !AtEnd() && text_[position_] == '"';
    DESCENT_RETURN_IF_ERROR(is_quoted ? ReadQuotedField() : ReadField());
    DESCENT_RETURN_IF_ERROR(EndField());
    if (fields_.size() > limits::kTableColumnsMax)
      return Problem(fmt::format("more than {} fields", limits::kTableColumnsMax));
  }
  return true;
}

Status CsvReader::ReadField() {
  const std::size_t first = position_;
  for (; !AtEnd(); ++position_) {
    const char c = text_[position_];
    if (c == delimiter_ || c == '\n' || c == '\r') break;
    if (c == '"')
      return Problem("a quote inside a field, must be at its beginning, or doubled in quotes");
    if (c == '\0') return Problem("a NUL byte, must be text");
    if (position_ - record_start_ >= limits::kTableLineBytesMax)
      return Problem(fmt::format("more than {} bytes", limits::kTableLineBytesMax));
  }
  fields_.push_back(text_.substr(first, position_ - first));
  return Status();
}

Status CsvReader::ReadQuotedField() {
  const std::size_t first = ++position_;
  std::string* unquoted = nullptr;  // once a doubled quote was met
  for (; !AtEnd(); ++position_) {
    const char c = text_[position_];
    if (c == '"') {
      const bool is_doubled = position_ + 1 < text_.size() && text_[position_ + 1] == '"';
      if (!is_doubled) break;
      if (unquoted == nullptr)
        unquoted = &unquoted_.emplace_back(text_.substr(first, position_ - first));
      ++position_;
    }
    if (c == '\0') return Problem("a NUL byte, must be text");
    if (c == '\n') ++line_;
    if (position_ - record_start_ >= limits::kTableLineBytesMax)
      return Problem(fmt::format("more than {} bytes", limits::kTableLineBytesMax));
    if (unquoted != nullptr) *unquoted += c;
  }
  if (AtEnd()) return Problem("a quoted field that does not end, must have a closing quote");
  fields_.push_back(unquoted != nullptr ? std::string_view(*unquoted)
                                        : text_.substr(first, position_ - first));
  ++position_;
  return Status();
}

Status CsvReader::EndField() {
  if (AtEnd()) {
    is_record_done_ = true;
    return Status();
  }
  const char c = text_[position_++];
  if (c == delimiter_) return Status();
  const bool is_line_end = c == '\n' || (c == '\r' && !AtEnd() && text_[position_] == '\n');
  if (!is_line_end)
    return Problem(c == '\r' ? "a carriage return without a line feed, must be both"
                             : "something behind a closing quote, must be a delimiter");
  if (c == '\r') ++position_;
  ++line_;
  is_record_done_ = true;
  return Status();
}

Status CsvReader::Problem(std::string_view message) const {
  return Status(Code::kInvalidArgument, fmt::format("line {}: {}", line_, message));
}

}  // namespace descent
