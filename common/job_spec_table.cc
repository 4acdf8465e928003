#include "common/job_spec_table.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>

#include "common/limits.h"

namespace descent {
namespace {

void RequireDistinct(const std::string& field, const std::vector<std::string>& words,
                     SpecChecker& checker) {
  std::set<std::string_view> seen;
  for (const std::string& word : words)
    checker.Require(seen.insert(word).second, field, Quoted(word) + " twice", "there once");
}

void CheckColumns(const std::string& field, const std::vector<std::string>& columns,
                  SpecChecker& checker) {
  RequireDistinct(field, columns, checker);
  for (const std::string& column : columns)
    checker.Require(!column.empty(), field, "\"\"", "the name or the number of a column");
}

// No column is a feature and something else, or asked for and passed over.
void CheckRoles(const TableSpec& table, SpecChecker& checker) {
  const auto require_apart = [&](const std::string& field, const std::vector<std::string>& columns,
                                 const std::string& other, const std::vector<std::string>& others) {
    for (const std::string& column : columns)
      checker.Require(std::ranges::find(others, column) == others.end(), field, Quoted(column),
                      "another column than those of " + other);
  };
  require_apart("data.table.columns", table.columns, "data.table.targets", table.targets);
  require_apart("data.table.columns", table.columns, "data.table.label", {table.label});
  require_apart("data.table.columns", table.columns, "data.table.ignore", table.ignore);
  require_apart("data.table.ignore", table.ignore, "data.table.targets", table.targets);
  require_apart("data.table.ignore", table.ignore, "data.table.label", {table.label});
  require_apart("data.table.categorical", table.categorical, "data.table.targets", table.targets);
  require_apart("data.table.categorical", table.categorical, "data.table.label", {table.label});
}

void CheckCategories(const TableSpec& table, SpecChecker& checker) {
  for (std::size_t i = 0; i < table.categories.size(); ++i) {
    const auto& [column, values] = table.categories[i];
    const std::string field = fmt::format("data.table.categories[{}]", i);
    const bool is_categorical =
        std::ranges::find(table.categorical, column) != table.categorical.end();
    checker.Require(is_categorical, field + ".column", Quoted(column),
                    "one of data.table.categorical");
    checker.Require(!values.empty(), field + ".values", "none", "at least one");
    RequireDistinct(field + ".values", values, checker);
  }
}

void CheckFill(const TableSpec& table, SpecChecker& checker) {
  const bool is_filled = table.missing == MissingPolicy::kValue;
  const bool is_given = table.fill != TableSpec().fill;
  checker.Require(is_filled || !is_given, "data.table.fill", "given",
                  "absent, as it is of missing: value");
  for (const double fill : table.fill)
    checker.RequireNumber(std::isfinite(fill), "data.table.fill", fill, "finite");
}

}  // namespace

void CheckTable(const TableSpec& table, SpecChecker& checker) {
  const bool is_delimiter =
      table.delimiter.empty() ||
      (table.delimiter.size() == 1 &&
       std::string_view("\"\n\r\0", 4).find(table.delimiter[0]) == std::string_view::npos);
  checker.Require(is_delimiter, "data.table.delimiter", Quoted(table.delimiter),
                  "one byte that is neither a quote nor the end of a line");
  const bool has_label = !table.label.empty();
  checker.Require(has_label != !table.targets.empty(), "data.table",
                  has_label ? "label and targets" : "neither label nor targets",
                  "one of them: the column of classes, or those of numbers to predict");
  checker.Require(table.classes.empty() || has_label, "data.table.classes", "given",
                  "absent, as it is of a label");
  CheckColumns("data.table.targets", table.targets, checker);
  CheckColumns("data.table.columns", table.columns, checker);
  CheckColumns("data.table.ignore", table.ignore, checker);
  CheckColumns("data.table.categorical", table.categorical, checker);
  RequireDistinct("data.table.classes", table.classes, checker);
  CheckRoles(table, checker);
  CheckCategories(table, checker);
  CheckFill(table, checker);
}

void CheckSynthetic(const SyntheticSpec& synthetic, SpecChecker& checker) {
  const std::string prefix = "data.synthetic.";
  const auto check = [&](const char* field, std::int64_t value, bool is_of_kind, const char* kinds,
                         std::int64_t max) {
    checker.Require(is_of_kind || value == 0, prefix + field, fmt::to_string(value),
                    fmt::format("absent, as it is of {}", kinds));
    if (is_of_kind) checker.RequireInRange(prefix + field, value, 0, max);
  };
  const bool is_linear = synthetic.kind == SyntheticKind::kLinear;
  const bool is_spirals = synthetic.kind == SyntheticKind::kSpirals;
  check("features", synthetic.features, !is_spirals, "blobs and linear", limits::kFeaturesMax);
  check("classes", synthetic.classes, !is_linear, "blobs and spirals", limits::kFeaturesMax);
  check("targets", synthetic.targets, is_linear, "linear", limits::kFeaturesMax);
  checker.RequireNumber(synthetic.noise >= 0, prefix + "noise", synthetic.noise,
                        "at least 0 and finite");
}

}  // namespace descent
