#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace descent {

// What was recorded of one step.
struct MetricRow {
  std::int64_t step = 0;
  double time = 0;  // of the first point, seconds since the epoch; 0: not known
  std::map<std::string, double> values;  // by name
};

// All points of one file of the MetricStore, step by step, as of the moment it is opened. One
// thread; blocks on the disk.
class MetricRows {
 public:
  // `names`: empty: all. A file that is not there has no rows.
  static Result<std::unique_ptr<MetricRows>> Open(const std::filesystem::path& file,
                                                  std::vector<std::string> names);
  ~MetricRows();

  const std::vector<std::string>& names() const { return names_; }  // ascending
  Result<std::optional<MetricRow>> Next();                          // null: there are no more

 private:
  struct Source;
  MetricRows(std::unique_ptr<Source> source, std::vector<std::string> names);

  std::unique_ptr<Source> source_;  // null: all points are read
  const std::vector<std::string> names_;
  std::optional<MetricRow> begun_;  // of the next row, the point that was read already
};

}  // namespace descent
