#include "coordinator/metric_file.h"

#include <utility>

namespace descent {
namespace {

// The first versions of the file that have times, and buckets.
constexpr std::size_t kVersionWithTimes = 2;
constexpr std::size_t kVersionWithBuckets = 3;

}  // namespace

Result<std::optional<Database>> OpenMetricFile(const std::filesystem::path& path) {
  Result<Database> opened = Database::OpenReadOnly(path);
  if (opened.status().code() == Code::kNotFound) return std::optional<Database>();
  DESCENT_ASSIGN(Database database, std::move(opened));
  DESCENT_ASSIGN(const std::size_t version, database.Version());
  if (version == 0) return std::optional<Database>();  // the writer is just creating it
  return std::optional(std::move(database));
}

Result<std::string> TimeColumn(Database& database) {
  DESCENT_ASSIGN(const std::size_t version, database.Version());
  return std::string(version < kVersionWithTimes ? "NULL" : "time");
}

Result<bool> HasBuckets(Database& database) {
  DESCENT_ASSIGN(const std::size_t version, database.Version());
  return version >= kVersionWithBuckets;
}

Result<std::vector<std::string>> NamesOr(Database& database, std::vector<std::string> names) {
  if (!names.empty()) return names;
  DESCENT_ASSIGN(Statement rows, database.Prepare(R"sql(
    WITH RECURSIVE found(name) AS (
      SELECT MIN(name) FROM points
      UNION ALL
      SELECT (SELECT MIN(name) FROM points WHERE name > found.name) FROM found
      WHERE found.name IS NOT NULL)
    SELECT name FROM found WHERE name IS NOT NULL)sql"));
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return names;
    names.push_back(rows.Bytes(0));
  }
}

}  // namespace descent
