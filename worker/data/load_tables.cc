#include "worker/data/load_tables.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/limits.h"
#include "common/spec_checker.h"
#include "worker/data/array_dataset.h"
#include "worker/data/load_splits.h"
#include "worker/data/table_rows.h"

namespace descent {
namespace {

bool IsCategorical(const TableSpec& spec, const std::string& column) {
  return std::ranges::find(spec.categorical, column) != spec.categorical.end();
}

// The spec with the categories and classes that the training file has.
TableSpec Fit(ParsedTable& table) {
  TableSpec spec = table.spec;
  spec.categories.clear();
  for (std::size_t i = 0; i < spec.columns.size(); ++i)
    if (IsCategorical(spec, spec.columns[i]))
      spec.categories.push_back(
          {.column = spec.columns[i], .values = table.rows.features[i].categories.Words()});
  if (!spec.label.empty()) spec.classes = table.rows.classes.Words();
  return spec;
}

std::size_t WidthOf(const TableSpec& spec, std::size_t column, const TableRows& rows) {
  return IsCategorical(spec, spec.columns[column]) ? rows.features[column].categories.Words().size()
                                                   : 1;
}

// Before memory is taken: each category of a column is a feature of every row, so that a small file
// can ask for much. The column that has the most is named.
Status CheckSize(const std::string& path, const ParsedTable& table,
                 std::span<const std::size_t> widths, std::int64_t features) {
  if (features <= limits::kFeaturesMax && table.rows.count <= limits::kTableValuesMax / features)
    return Status();
  const auto widest = std::ranges::max_element(widths);
  return Status(
      Code::kInvalidArgument,
      fmt::format("{}: {} rows of {} features, {} of them of column {}, must be at most {} "
                  "features and {} values in all: a column of many words is better ignored",
                  path, table.rows.count, features, *widest,
                  Printable(table.spec.columns[static_cast<std::size_t>(widest - widths.begin())]),
                  limits::kFeaturesMax, limits::kTableValuesMax));
}

Result<Array> FeaturesOf(const std::string& path, const ParsedTable& table) {
  const auto& [spec, rows] = table;
  std::vector<std::size_t> widths;
  std::size_t width = 0;
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    width += widths.emplace_back(WidthOf(spec, i, rows));
    if (widths.back() == 0)
      return Status(Code::kInvalidArgument,
                    fmt::format("{}: column {} is missing in every row, must be there once", path,
                                Printable(spec.columns[i])));
  }
  const auto features = static_cast<std::int64_t>(width);
  DESCENT_CHECK(features >= 1);
  DESCENT_RETURN_IF_ERROR(CheckSize(path, table, widths, features));
  std::vector<float> values(static_cast<std::size_t>(rows.count) * width);
  std::size_t first = 0;
  for (std::size_t i = 0; i < spec.columns.size(); first += widths[i++]) {
    const TableRows::Feature& feature = rows.features[i];
    for (std::size_t row = 0; row < feature.numbers.size(); ++row)
      values[row * width + first] = feature.numbers[row];
    for (std::size_t row = 0; row < feature.codes.size(); ++row)
      if (feature.codes[row] >= 0)
        values[row * width + first + static_cast<std::size_t>(feature.codes[row])] = 1.0f;
  }
  return Array({rows.count, features}, std::move(values));
}

char DelimiterOf(const DataSpec& spec) {
  if (!spec.table.delimiter.empty()) return spec.table.delimiter[0];
  return spec.train.format == DataFormat::kTsv ? '\t' : ',';
}

Result<std::unique_ptr<ArrayDataset>> MakeDataset(const std::string& path, ParsedTable table) {
  DESCENT_ASSIGN(Array features, FeaturesOf(path, table));
  TableRows& rows = table.rows;
  ArrayDataset::Options options = {.features = std::move(features),
                                   .labels = std::nullopt,
                                   .targets = std::nullopt,
                                   .class_count = std::ssize(rows.classes.Words()),
                                   .image = std::nullopt,
                                   .files = {path}};
  if (!table.spec.targets.empty()) {
    options.targets = Array({rows.count, std::ssize(table.spec.targets)}, std::move(rows.targets));
  } else if (!table.spec.label.empty()) {
    options.labels = Array({rows.count}, std::move(rows.labels));
  }
  return std::make_unique<ArrayDataset>(std::move(options));
}

}  // namespace

Result<Datasets> LoadTables(const JobSpec& spec) {
  std::optional<TableSpec> fitted;
  const auto load = [&](const DatasetSpec& split,
                        const ArrayDataset* train) -> Result<std::unique_ptr<ArrayDataset>> {
    const TableSpec& binding = train == nullptr ? spec.data.table : *fitted;
    const TableReading reading = {
        .delimiter = DelimiterOf(spec.data),
        .answers = spec.data.may_lack_answers ? Answers::kOptional : Answers::kRequired,
        .ignore_index = spec.model.ignore_index};
    DESCENT_ASSIGN(ParsedTable table, ParseTable(split.path, binding, reading));
    if (!fitted) fitted = Fit(table);
    return MakeDataset(split.path, std::move(table));
  };
  DESCENT_ASSIGN(Datasets datasets, LoadSplits<ArrayDataset>(spec.data, load));
  datasets.table = std::move(fitted);
  return datasets;
}

}  // namespace descent
