#pragma once

#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/database.h"

namespace descent {

// `names`, or if there are none those of all points of a file of the MetricStore, ascending. The
// index is asked for one name after the other: the points are not read.
inline Result<std::vector<std::string>> NamesOr(Database& database,
                                                std::vector<std::string> names) {
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
