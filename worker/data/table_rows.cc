#include "worker/data/table_rows.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "common/limits.h"
#include "common/mapped_file.h"
#include "common/sample_format.h"
#include "common/spec_checker.h"
#include "worker/data/csv_reader.h"
#include "worker/data/file_problems.h"
#include "worker/data/table_columns.h"
#include "worker/data/table_number.h"
#include "worker/data/vocabulary.h"

namespace descent {
namespace {

using Kind = ColumnRole::Kind;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

WordCodes CategoriesOf(const TableSpec& spec, const std::string& column) {
  const auto declared = std::ranges::find(spec.categories, column, &ColumnCategories::column);
  return declared == spec.categories.end() ? WordCodes() : WordCodes(declared->values);
}

// Fills the rows of one file.
class RowParser {
 public:
  RowParser(TableSpec spec, std::vector<std::string> names, FileProblems& problems)
      : spec_(std::move(spec)), names_(std::move(names)), problems_(problems) {
    roles_ = RolesOf(spec_, names_, problems_);
    for (const std::string& column : spec_.columns)
      rows_.features.push_back(
          {.numbers = {}, .codes = {}, .categories = CategoriesOf(spec_, column)});
    if (!spec_.classes.empty()) rows_.classes = WordCodes(spec_.classes);
    row_.numbers.resize(spec_.columns.size());
    row_.codes.resize(spec_.columns.size());
    row_.targets.resize(spec_.targets.size());
  }

  void IgnoreLabel(std::string word) { ignored_label_ = std::move(word); }

  void Add(std::span<const std::string_view> fields, std::int64_t line) {
    if (fields.size() != names_.size())
      return problems_.Add(fmt::format("line {}: {} fields, must be {} like the first line", line,
                                       fields.size(), names_.size()));
    bool is_dropped = false;
    for (std::size_t i = 0; i < fields.size(); ++i)
      if (!Parse(fields[i], i, line)) is_dropped = true;
    if (!is_dropped) Append();
  }

  ParsedTable Take() && {
    for (TableRows::Feature& feature : rows_.features) Reorder(feature.categories, feature.codes);
    Reorder(rows_.classes, rows_.labels);
    return {.spec = std::move(spec_), .rows = std::move(rows_)};
  }

 private:
  // One row before it is known to be a sample.
  struct Row {
    std::vector<float> numbers;       // by feature
    std::vector<std::int32_t> codes;  // by feature
    std::vector<float> targets;
    std::int32_t label = 0;
  };

  // False if the row is dropped.
  bool Parse(std::string_view word, std::size_t column, std::int64_t line) {
    const ColumnRole role = roles_[column];
    if (role.kind == Kind::kIgnored) return true;
    if (std::ranges::find(spec_.missing_words, word) != spec_.missing_words.end())
      return ParseMissing(word, column, line);
    if (role.kind == Kind::kNumber || role.kind == Kind::kTarget) {
      float& value =
          role.kind == Kind::kNumber ? row_.numbers[role.index] : row_.targets[role.index];
      const auto number = TableNumber(word);
      if (!number) AddProblem(line, column, word, "a number that f32 can hold");
      value = number.value_or(0.0f);
    } else if (role.kind == Kind::kLabel && word == ignored_label_) {
      row_.label = kIgnoredLabel;
    } else {
      const bool is_label = role.kind == Kind::kLabel;
      std::int32_t& code = is_label ? row_.label : row_.codes[role.index];
      code = ParseWord(word, column, line,
                       is_label ? rows_.classes : rows_.features[role.index].categories);
    }
    return true;
  }

  bool ParseMissing(std::string_view word, std::size_t column, std::int64_t line) {
    const ColumnRole role = roles_[column];
    if (spec_.missing == MissingPolicy::kDropRow) return false;
    const bool is_feature = role.kind == Kind::kNumber || role.kind == Kind::kCategory;
    if (!is_feature || spec_.missing == MissingPolicy::kError) {
      AddProblem(line, column, word,
                 is_feature ? "a value: data.table.missing says what else to do"
                            : "a value, as it is what is learned");
    } else if (role.kind == Kind::kNumber) {
      row_.numbers[role.index] = kMissing;
    } else {
      row_.codes[role.index] = -1;
    }
    return true;
  }

  std::int32_t ParseWord(std::string_view word, std::size_t column, std::int64_t line,
                         WordCodes& codes) {
    const auto code = codes.CodeOf(word);
    if (!code && codes.is_fixed()) {
      AddProblem(line, column, word, "one of those of the training set");
    } else if (!code) {
      AddProblem(line, column, word,
                 fmt::format("one of at most {} words", limits::kCategoriesMax));
    } else if (!FindInvalidUtf8(word).empty()) {
      AddProblem(line, column, word, "UTF-8");
    }
    return code.value_or(0);
  }

  void AddProblem(std::int64_t line, std::size_t column, std::string_view word,
                  std::string_view wanted) {
    const std::string found = word.empty() ? "nothing" : Quoted(std::string(word));
    problems_.Add(fmt::format("line {}, column {}: {}, must be {}", line, Printable(names_[column]),
                              found, wanted));
  }

  void Append() {
    for (std::size_t i = 0; i < rows_.features.size(); ++i) {
      const bool is_category =
          std::ranges::find(spec_.categorical, spec_.columns[i]) != spec_.categorical.end();
      if (is_category) {
        rows_.features[i].codes.push_back(row_.codes[i]);
      } else {
        rows_.features[i].numbers.push_back(row_.numbers[i]);
      }
    }
    rows_.targets.insert(rows_.targets.end(), row_.targets.begin(), row_.targets.end());
    if (!spec_.label.empty()) rows_.labels.push_back(row_.label);
    ++rows_.count;
  }

  static void Reorder(WordCodes& words, std::vector<std::int32_t>& codes) {
    const std::vector<std::int32_t> new_codes = words.Order();
    for (std::int32_t& code : codes)
      if (code >= 0) code = new_codes[static_cast<std::size_t>(code)];
  }

  TableSpec spec_;
  const std::vector<std::string> names_;
  std::optional<std::string> ignored_label_;
  FileProblems& problems_;
  std::vector<ColumnRole> roles_;
  TableRows rows_;
  Row row_;
};

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// Parses record after record; the first has been read, and is a row where there is no header.
Status ParseRows(CsvReader& reader, bool is_row, RowParser& rows) {
  for (bool is_more = true; is_more; is_row = true) {
    if (is_row) rows.Add(reader.fields(), reader.line());
    DESCENT_ASSIGN(is_more, reader.Next());
  }
  return Status();
}

}  // namespace

Result<ParsedTable> ParseTable(const std::filesystem::path& path, const TableSpec& spec,
                               const TableReading& reading) {
  FileProblems problems(path);
  const Result<MappedFile> file = MappedFile::Open(path);
  if (!file.ok()) return Status(Code::kInvalidArgument, file.status().message());
  CsvReader reader(TextOf(file.value()), reading.delimiter);
  const Result<bool> first = reader.Next();
  if (!first.ok() || !first.value()) {
    problems.Add(first.ok() ? "empty, must have at least one line" : first.status().message());
    return problems.ToStatus();
  }
  std::vector<std::string> names = NameColumns(
      spec, std::vector<std::string>(reader.fields().begin(), reader.fields().end()), problems);
  TableSpec named = NameFeatures(
      reading.answers == Answers::kOptional ? WithoutMissingAnswers(spec, names) : spec, names,
      problems);
  DESCENT_RETURN_IF_ERROR(problems.ToStatus());
  RowParser rows(std::move(named), std::move(names), problems);
  if (reading.ignore_index) rows.IgnoreLabel(fmt::to_string(*reading.ignore_index));
  DESCENT_RETURN_IF_ERROR(problems.ToStatus());
  const Status syntax = ParseRows(reader, !spec.has_header, rows);
  if (!syntax.ok()) problems.Add(syntax.message());
  DESCENT_RETURN_IF_ERROR(problems.ToStatus());
  ParsedTable table = std::move(rows).Take();
  if (table.rows.count == 0)
    problems.Add("no row is a sample, must be at least one");
  else if (!table.spec.label.empty() && table.rows.classes.Words().empty())
    problems.Add("no label names a class, must be at least one");
  DESCENT_RETURN_IF_ERROR(problems.ToStatus());
  return table;
}

}  // namespace descent
