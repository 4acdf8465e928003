#include "worker/data/table_columns.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/spec_checker.h"
#include "worker/data/vocabulary.h"

namespace descent {
namespace {

using Names = std::vector<std::string>;

bool Contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// By its name, or else by its number.
std::optional<std::size_t> Find(const std::string& column, const Names& names) {
  const auto named = std::ranges::find(names, column);
  if (named != names.end()) return static_cast<std::size_t>(named - names.begin());
  std::size_t number = 0;
  const char* const end = column.data() + column.size();
  const auto [stop, error] = std::from_chars(column.data(), end, number);
  if (error != std::errc() || stop != end || number >= names.size()) return std::nullopt;
  return number;
}

// Finds columns, and tells of those that are not there.
class ColumnFinder {
 public:
  ColumnFinder(const Names& names, FileProblems& problems) : names_(names), problems_(problems) {}

  std::optional<std::size_t> Find(const char* field, const std::string& column) {
    const auto found = descent::Find(column, names_);
    if (!found)
      problems_.Add(fmt::format("{}: no column {}, must be one of: {}", field, Quoted(column),
                                ListedNames(names_)));
    return found;
  }

  void Rename(const char* field, std::string& column) {
    if (const auto found = Find(field, column)) column = names_[*found];
  }
  void Rename(const char* field, Names& columns) {
    for (std::string& column : columns) Rename(field, column);
  }

 private:
  const Names& names_;
  FileProblems& problems_;
};

}  // namespace

std::vector<std::string> NameColumns(const TableSpec& spec, std::vector<std::string> header,
                                     FileProblems& problems) {
  if (!spec.has_header) {
    for (std::size_t i = 0; i < header.size(); ++i) header[i] = std::to_string(i);
    return header;
  }
  std::set<std::string_view> seen;
  for (const std::string& name : header) {
    if (!FindInvalidUtf8(name).empty())
      problems.Add(fmt::format("line 1: a name of a column that is not UTF-8: {}", Quoted(name)));
    if (!seen.insert(name).second)
      problems.Add(
          fmt::format("line 1: two columns named {}, must have names of their own", Quoted(name)));
  }
  return header;
}

TableSpec NameFeatures(TableSpec spec, const std::vector<std::string>& names,
                       FileProblems& problems) {
  ColumnFinder finder(names, problems);
  finder.Rename("data.table.targets", spec.targets);
  if (!spec.label.empty()) finder.Rename("data.table.label", spec.label);
  finder.Rename("data.table.columns", spec.columns);
  finder.Rename("data.table.ignore", spec.ignore);
  finder.Rename("data.table.categorical", spec.categorical);
  for (ColumnCategories& categories : spec.categories)
    finder.Rename("data.table.categories", categories.column);
  if (spec.columns.empty()) {
    for (const std::string& name : names)
      if (!Contains(spec.targets, name) && name != spec.label && !Contains(spec.ignore, name))
        spec.columns.push_back(name);
  }
  spec.ignore.clear();
  for (const std::string& column : spec.categorical)
    if (!Contains(spec.columns, column) && Contains(names, column))
      problems.Add(
          fmt::format("data.table.categorical: column {} is no feature, must be one of "
                      "them",
                      Quoted(column)));
  if (spec.columns.empty() && problems.empty())
    problems.Add("no column is left for features, must be at least one");
  return spec;
}

TableSpec WithoutMissingAnswers(TableSpec spec, const std::vector<std::string>& names) {
  const auto is_there = [&](const std::string& column) { return Find(column, names).has_value(); };
  const bool has_label = !spec.label.empty() && is_there(spec.label);
  const bool has_targets = !spec.targets.empty() && std::ranges::all_of(spec.targets, is_there);
  if (has_label || has_targets) return spec;
  spec.label.clear();
  spec.targets.clear();
  spec.classes.clear();
  return spec;
}

std::vector<ColumnRole> RolesOf(const TableSpec& spec, const std::vector<std::string>& names,
                                FileProblems& problems) {
  using Kind = ColumnRole::Kind;
  std::vector<ColumnRole> roles(names.size());
  ColumnFinder finder(names, problems);
  const auto set = [&](const char* field, const std::string& column, ColumnRole role) {
    const auto found = finder.Find(field, column);
    if (!found) return;
    if (roles[*found].kind != Kind::kIgnored)
      problems.Add(fmt::format("{}: column {} is something else already, must be another", field,
                               Quoted(column)));
    roles[*found] = role;
  };
  for (std::size_t i = 0; i < spec.columns.size(); ++i) {
    const bool is_category = Contains(spec.categorical, spec.columns[i]);
    set("data.table.columns", spec.columns[i],
        {.kind = is_category ? Kind::kCategory : Kind::kNumber, .index = i});
  }
  for (std::size_t i = 0; i < spec.targets.size(); ++i)
    set("data.table.targets", spec.targets[i], {.kind = Kind::kTarget, .index = i});
  if (!spec.label.empty()) set("data.table.label", spec.label, {.kind = Kind::kLabel});
  return roles;
}

}  // namespace descent
