#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "common/mapped_file.h"
#include "common/spec_checker.h"
#include "common/table_spec.h"
#include "worker/data/csv_reader.h"
#include "worker/data/file_problems.h"
#include "worker/data/inspect_file.h"
#include "worker/data/table_number.h"
#include "worker/data/value_summary.h"
#include "worker/data/word_codes.h"

namespace descent {
namespace {

constexpr std::size_t kShownWords = 6;

// What a column holds, as far as the file alone tells.
struct ColumnFindings {
  ValueSummary numbers;
  WordCodes words;  // what is no number, or all where there are some
  std::int64_t word_count = 0;
  std::int64_t missing_count = 0;
  bool has_more_words = false;
  std::string first;
};

bool IsMissing(std::string_view field) {
  static const TableSpec kDefaults;
  return std::ranges::find(kDefaults.missing_words, field) != kDefaults.missing_words.end();
}

void Add(std::string_view field, ColumnFindings& column) {
  if (IsMissing(field)) {
    ++column.missing_count;
    return;
  }
  if (column.first.empty()) column.first = field;
  if (const auto number = TableNumber(field)) return column.numbers.Add(double{*number});
  ++column.word_count;
  if (!column.words.CodeOf(field)) column.has_more_words = true;
}

std::string Words(const ColumnFindings& column) {
  std::vector<std::string> words = column.words.Words();
  const std::size_t count = words.size();
  std::ranges::sort(words);
  std::string text;
  for (std::size_t i = 0; i < std::min(kShownWords, count); ++i)
    text += (i == 0 ? "" : ", ") + Quoted(words[i]);
  return fmt::format("{} words, {}{} distinct: {}{}", column.word_count, count,
                     column.has_more_words ? " and more" : "", text,
                     count > kShownWords ? ", …" : "");
}

std::string Describe(const std::string& name, const ColumnFindings& column) {
  std::string text = fmt::format("  {}: ", Printable(name));
  if (column.numbers.count() > 0)
    text += fmt::format("{} numbers, {}", column.numbers.count(), column.numbers.Text());
  if (column.word_count > 0) text += (column.numbers.count() > 0 ? "; " : "") + Words(column);
  if (column.numbers.count() == 0 && column.word_count == 0) text += "nothing";
  if (column.missing_count > 0) text += fmt::format("; {} missing", column.missing_count);
  return fmt::format("{}; first: {}\n", text, Quoted(column.first));
}

// The rows behind the header; a row of another length is a problem.
Result<std::int64_t> ReadRows(CsvReader& reader, std::vector<ColumnFindings>& columns,
                              FileProblems& problems) {
  for (std::int64_t rows = 0;; ++rows) {
    DESCENT_ASSIGN(const bool is_more, reader.Next());
    if (!is_more) return rows;
    if (reader.fields().size() != columns.size()) {
      problems.Add(fmt::format("line {}: {} fields, must be {} like the first line", reader.line(),
                               reader.fields().size(), columns.size()));
      continue;
    }
    for (std::size_t i = 0; i < columns.size(); ++i) Add(reader.fields()[i], columns[i]);
  }
}

Result<std::string> Inspect(const std::filesystem::path& path, char delimiter) {
  DESCENT_ASSIGN(const MappedFile file, MappedFile::Open(path));
  FileProblems problems(path);
  CsvReader reader({reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()},
                   delimiter);
  const Result<bool> header = reader.Next();
  if (!header.ok() || !header.value()) {
    problems.Add(header.ok() ? "empty, must have at least one line" : header.status().message());
    return problems.ToStatus();
  }
  const std::vector<std::string> names(reader.fields().begin(), reader.fields().end());
  std::vector<ColumnFindings> columns(names.size());
  const Result<std::int64_t> rows = ReadRows(reader, columns, problems);
  if (!rows.ok()) problems.Add(rows.status().message());
  DESCENT_RETURN_IF_ERROR(problems.ToStatus());
  std::string text = fmt::format("{}: {} rows of {} columns, named by the first line\n",
                                 path.string(), rows.value(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) text += Describe(names[i], columns[i]);
  return text;
}

}  // namespace

Result<std::string> InspectCsv(const std::filesystem::path& path) { return Inspect(path, ','); }
Result<std::string> InspectTsv(const std::filesystem::path& path) { return Inspect(path, '\t'); }

}  // namespace descent
