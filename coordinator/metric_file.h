#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "coordinator/database.h"

namespace descent {

// Reading one job's file of the MetricStore.

// How many steps the stored buckets have: of the longer ones each is made of 16 shorter ones.
inline constexpr std::int64_t kShortBucketSteps = 16;
inline constexpr std::int64_t kLongBucketSteps = 256;

// Null: no step is done yet.
Result<std::optional<Database>> OpenMetricFile(const std::filesystem::path& path);

// What stands for the time of a point in a SELECT: "time", or "NULL" of a file that has none yet.
Result<std::string> TimeColumn(Database& database);

// False of a file that was not written to since there are buckets.
Result<bool> HasBuckets(Database& database);

// `names`, or if there are none those of all points of the file, ascending. The index is asked for
// one name after the other: the points are not read.
Result<std::vector<std::string>> NamesOr(Database& database, std::vector<std::string> names);

}  // namespace descent
