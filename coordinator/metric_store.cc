#include "coordinator/metric_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "common/failpoint.h"
#include "coordinator/metric_file.h"

namespace descent {
namespace {

constexpr std::array<std::string_view, 2> kMigrations = {R"sql(
  CREATE TABLE points(
    name TEXT NOT NULL,
    step INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY(name, step)) STRICT, WITHOUT ROWID;
)sql",
                                                         R"sql(
  ALTER TABLE points ADD COLUMN time REAL;
)sql"};

// Files kept open for writing: more than the jobs that run at once on one cluster's pools.
constexpr std::size_t kWritersMax = 64;

struct Extent {
  std::int64_t count = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
};

Result<Extent> ReadExtent(Database& database, const std::string& name, std::int64_t first_step) {
  DESCENT_ASSIGN(Statement row,
                 database.Prepare("SELECT COUNT(*), MIN(step), MAX(step) FROM points "
                                  "WHERE name = ? AND step >= ?"));
  DESCENT_ASSIGN(const bool has_row, row.Bind(0, name).Bind(1, first_step).Step());
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

// The point that is first in this order, of those that have a number.
Result<std::optional<MetricCurve::Point>> ReadPoint(Database& database, const std::string& name,
                                                    std::string_view condition_and_order) {
  DESCENT_ASSIGN(Statement row, database.Prepare("SELECT step, value FROM points WHERE name = ? " +
                                                 std::string(condition_and_order) + " LIMIT 1"));
  DESCENT_ASSIGN(const bool has_row, row.Bind(0, name).Step());
  if (!has_row) return std::optional<MetricCurve::Point>();
  return std::optional(MetricCurve::Point{row.Integer(0), row.Real(1)});
}

Result<std::optional<MetricSummary>> ReadSummary(Database& database, const std::string& name) {
  DESCENT_ASSIGN(const Extent extent, ReadExtent(database, name, 0));
  if (extent.count == 0) return std::optional<MetricSummary>();
  MetricSummary summary{.name = name, .points = extent.count};
  DESCENT_ASSIGN(const auto first, ReadPoint(database, name, "ORDER BY step"));
  DESCENT_ASSIGN(const auto last, ReadPoint(database, name, "ORDER BY step DESC"));
  summary.first = first.value_or(MetricCurve::Point());
  summary.last = last.value_or(MetricCurve::Point());
  DESCENT_ASSIGN(summary.min,
                 ReadPoint(database, name, "AND value IS NOT NULL ORDER BY value, step"));
  DESCENT_ASSIGN(summary.max,
                 ReadPoint(database, name, "AND value IS NOT NULL ORDER BY value DESC, step"));
  return std::optional(summary);
}

Result<MetricCurve> ReadCurve(Database& database, const std::string& name,
                              const MetricQuery& query) {
  DESCENT_ASSIGN(const Extent extent, ReadExtent(database, name, query.first_step));
  MetricCurve curve;
  curve.name = name;
  curve.bucket_steps = BucketSteps(extent, query.points_max);
  DESCENT_ASSIGN(const std::string time, TimeColumn(database));
  DESCENT_ASSIGN(Statement rows, database.Prepare("SELECT MAX(step), AVG(value), MAX(" + time +
                                                  ") FROM points WHERE name = ? AND step >= ? "
                                                  "GROUP BY step / ? ORDER BY 1"));
  rows.Bind(0, name).Bind(1, query.first_step).Bind(2, curve.bucket_steps);
  while (true) {
    DESCENT_ASSIGN(const bool has_row, rows.Step());
    if (!has_row) return curve;
    curve.points.push_back({rows.Integer(0), rows.Real(1), rows.IsNull(2) ? 0 : rows.Real(2)});
  }
}

Result<MetricCurve> ReadFrom(Database& database, const std::string& name, std::int64_t first_step,
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
    curve.points.push_back({rows.Integer(0), rows.Real(1), rows.IsNull(2) ? 0 : rows.Real(2)});
  }
}

}  // namespace

std::filesystem::path MetricStore::FileOf(const std::string& job_id) const {
  return directory_ / (job_id + ".db");
}

Status MetricStore::Remove(const std::string& job_id) {
  writers_.erase(job_id);
  Status status;
  for (const std::string_view suffix : {"", "-wal", "-shm"}) {
    std::filesystem::path path = FileOf(job_id);
    path += suffix;
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error && status.ok())
      status = Status(Code::kUnavailable, path.string() + ": " + error.message());
  }
  return status;
}

Result<MetricStore::Writer*> MetricStore::WriterFor(const std::string& job_id) {
  auto found = writers_.find(job_id);
  if (found == writers_.end()) {
    if (writers_.size() >= kWritersMax)
      writers_.erase(std::ranges::min_element(
          writers_, {}, [](const auto& entry) { return entry.second->last_use; }));
    DESCENT_ASSIGN(std::unique_ptr<Writer> opened, Open(job_id));
    found = writers_.emplace(job_id, std::move(opened)).first;
  }
  found->second->last_use = ++uses_;
  return found->second.get();
}

Result<std::unique_ptr<MetricStore::Writer>> MetricStore::Open(const std::string& job_id) {
  DESCENT_ASSIGN(Database database, Database::Open(FileOf(job_id), Durability::kConsistent));
  DESCENT_RETURN_IF_ERROR(database.Migrate(kMigrations));
  auto writer = std::make_unique<Writer>(std::move(database));
  DESCENT_ASSIGN(Statement add_point,
                 writer->database.Prepare(
                     "INSERT OR IGNORE INTO points(name, step, value, time) VALUES(?, ?, ?, ?)"));
  writer->add_point = std::make_unique<Statement>(std::move(add_point));
  return writer;
}

Status MetricStore::Record(const RecordMetrics& metrics, WallTime time) {
  const double seconds = std::chrono::duration<double>(time.time_since_epoch()).count();
  DESCENT_ASSIGN(Writer * writer, WriterFor(metrics.job_id));
  DESCENT_RETURN_IF_ERROR(writer->database.Begin());
  Status status;
  for (const MetricPoint& point : metrics.points) {
    writer->add_point->Bind(0, point.name).Bind(1, point.step).Bind(2, point.value);
    writer->add_point->Bind(3, seconds);
    status = writer->add_point->Run();
    if (!status.ok()) break;
  }
  DESCENT_FAILPOINT("coordinator.metrics.before");
  if (status.ok()) status = writer->database.Commit();
  DESCENT_FAILPOINT("coordinator.metrics.after");
  if (!status.ok()) writer->database.Rollback();
  return status;
}

Result<std::vector<MetricCurve>> MetricStore::Query(const MetricQuery& query) const {
  DESCENT_CHECK(query.points_max > 0);
  std::vector<MetricCurve> curves;
  DESCENT_ASSIGN(std::optional<Database> database, OpenMetricFile(FileOf(query.job_id)));
  if (!database) return curves;
  DESCENT_ASSIGN(const std::vector<std::string> names, NamesOr(*database, query.names));
  for (const std::string& name : names) {
    DESCENT_ASSIGN(MetricCurve curve, ReadCurve(*database, name, query));
    curves.push_back(std::move(curve));
  }
  return curves;
}

Result<std::vector<MetricCurve>> MetricStore::ReadNews(const MetricNews& news) const {
  std::vector<MetricCurve> curves;
  DESCENT_ASSIGN(std::optional<Database> database, OpenMetricFile(FileOf(news.job_id)));
  if (!database) return curves;
  // All names as of one moment: who goes on behind the last step of one of them misses none of
  // another. The transaction ends with the database.
  DESCENT_RETURN_IF_ERROR(database->Execute("BEGIN"));
  DESCENT_ASSIGN(const std::vector<std::string> names, NamesOr(*database, news.names));
  for (const std::string& name : names) {
    const auto next = news.next_steps.find(name);
    const std::int64_t first = next == news.next_steps.end() ? news.first_step : next->second;
    DESCENT_ASSIGN(MetricCurve curve, ReadFrom(*database, name, first, news.points_max));
    if (!curve.points.empty()) curves.push_back(std::move(curve));
  }
  return curves;
}

Result<std::vector<MetricSummary>> MetricStore::Summarize(
    const std::string& job_id, const std::vector<std::string>& names) const {
  std::vector<MetricSummary> summaries;
  DESCENT_ASSIGN(std::optional<Database> database, OpenMetricFile(FileOf(job_id)));
  if (!database) return summaries;
  DESCENT_ASSIGN(const std::vector<std::string> wanted, NamesOr(*database, names));
  for (const std::string& name : wanted) {
    DESCENT_ASSIGN(std::optional<MetricSummary> summary, ReadSummary(*database, name));
    if (summary) summaries.push_back(*std::move(summary));
  }
  return summaries;
}

}  // namespace descent
