#include "coordinator/metric_curve.h"

#include <algorithm>
#include <cmath>

#include "coordinator/metric_file.h"

namespace descent {
namespace {

constexpr std::int64_t kStepMax = std::numeric_limits<std::int64_t>::max();

struct Extent {
  std::int64_t count = 0;  // or one more than was asked for
  std::int64_t first = 0;
  std::int64_t last = 0;
};

// The index answers this: no more than `count_max` of the points are looked at.
Result<Extent> ReadExtent(Database& database, const std::string& name, std::int64_t first_step,
                          int count_max) {
  DESCENT_ASSIGN(Statement row, database.Prepare(R"sql(
    SELECT
      (SELECT COUNT(*) FROM (SELECT 1 FROM points WHERE name = ?1 AND step >= ?2 LIMIT ?3)),
      (SELECT step FROM points WHERE name = ?1 AND step >= ?2 ORDER BY step LIMIT 1),
      (SELECT step FROM points WHERE name = ?1 AND step >= ?2 ORDER BY step DESC LIMIT 1)
  )sql"));
  row.Bind(0, name).Bind(1, first_step).Bind(2, std::int64_t{count_max} + 1);
  DESCENT_ASSIGN(const bool has_row, row.Step());
  DESCENT_CHECK(has_row);
  return Extent{row.Integer(0), row.Integer(1), row.Integer(2)};
}

std::int64_t BucketSteps(const Extent& extent, int points_max) {
  if (extent.count <= points_max) return 1;
  std::int64_t bucket_steps = 2;
  while (extent.last / bucket_steps - extent.first / bucket_steps + 1 > points_max)
    bucket_steps *= 2;
  return bucket_steps;
}

// The longest stored buckets of which those of `bucket_steps` are made; 1: points.
std::int64_t StoredSteps(std::int64_t bucket_steps) {
  if (bucket_steps >= kLongBucketSteps) return kLongBucketSteps;
  return bucket_steps >= kShortBucketSteps ? kShortBucketSteps : 1;
}

double TimeOr0(const Statement& row, int column) {
  return row.IsNull(column) ? 0 : row.Real(column);
}

// Adds rows of step, time, count, total, low, high, by step. Values are sums until all are added.
Status AddRows(Statement& rows, MetricCurve& curve) {
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return Status();
    const std::int64_t step = rows.Integer(0), count = rows.Integer(2);
    const bool is_next = curve.points.empty() ||
                         curve.points.back().step / curve.bucket_steps != step / curve.bucket_steps;
    if (is_next) curve.points.push_back({.spread = MetricSpread()});
    MetricCurve::Point& point = curve.points.back();
    point.step = step;
    point.time = std::max(point.time, TimeOr0(rows, 1));
    if (count == 0) continue;
    MetricSpread& spread = *point.spread;
    point.value += rows.Real(3);
    spread.count += count;
    spread.min = std::fmin(spread.min, rows.Real(4));  // of a number and NaN the number
    spread.max = std::fmax(spread.max, rows.Real(5));
  }
}

}  // namespace

Result<MetricCurve> ReadPoints(Database& database, const std::string& name, std::int64_t first_step,
                               int points_max) {
  MetricCurve curve{.name = name, .points = {}};
  DESCENT_ASSIGN(const std::string time, TimeColumn(database));
  DESCENT_ASSIGN(Statement rows, database.Prepare("SELECT step, value, " + time +
                                                  " FROM points WHERE name = ? AND step >= ? "
                                                  "ORDER BY step LIMIT ?"));
  rows.Bind(0, name).Bind(1, first_step).Bind(2, std::int64_t{points_max});
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return curve;
    curve.points.push_back({rows.Integer(0), rows.Real(1), TimeOr0(rows, 2)});
  }
}

Result<MetricCurve> ReadCurve(Database& database, const std::string& name,
                              const MetricQuery& query) {
  const std::int64_t first = std::max(query.first_step, std::int64_t{0});
  DESCENT_ASSIGN(const Extent extent, ReadExtent(database, name, first, query.points_max));
  const std::int64_t bucket_steps = BucketSteps(extent, query.points_max);
  if (bucket_steps == 1) return ReadPoints(database, name, first, query.points_max);

  MetricCurve curve{.name = name, .points = {}, .bucket_steps = bucket_steps};
  DESCENT_ASSIGN(const bool has_buckets, HasBuckets(database));
  const std::int64_t stored_steps = has_buckets ? StoredSteps(bucket_steps) : 1;
  // Of a bucket that begins before the first step that is asked for, the points tell the rest.
  const std::int64_t first_stored =
      stored_steps == 1 ? kStepMax : (first + stored_steps - 1) / stored_steps * stored_steps;
  DESCENT_ASSIGN(const std::string time, TimeColumn(database));
  DESCENT_ASSIGN(Statement points,
                 database.Prepare("SELECT step, " + time +
                                  ", value IS NOT NULL, value, value, value FROM points "
                                  "WHERE name = ? AND step >= ? AND step < ? ORDER BY step"));
  points.Bind(0, name).Bind(1, first).Bind(2, first_stored);
  DESCENT_RETURN_IF_ERROR(AddRows(points, curve));
  if (stored_steps > 1) {
    DESCENT_ASSIGN(Statement buckets,
                   database.Prepare("SELECT last_step, time, count, total, low, high FROM buckets "
                                    "WHERE steps = ? AND name = ? AND first_step >= ? "
                                    "ORDER BY first_step"));
    buckets.Bind(0, stored_steps).Bind(1, name).Bind(2, first_stored);
    DESCENT_RETURN_IF_ERROR(AddRows(buckets, curve));
  }
  for (MetricCurve::Point& point : curve.points)
    point.value = point.spread->count == 0 ? std::numeric_limits<double>::quiet_NaN()
                                           : point.value / static_cast<double>(point.spread->count);
  return curve;
}

}  // namespace descent
