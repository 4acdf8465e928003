#include "coordinator/metric_store.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "common/failpoint.h"
#include "common/file.h"
#include "coordinator/metric_file.h"

namespace descent {
namespace {

constexpr std::array<std::string_view, 3> kMigrations = {R"sql(
  CREATE TABLE points(
    name TEXT NOT NULL,
    step INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY(name, step)) STRICT, WITHOUT ROWID;
)sql",
                                                         R"sql(
  ALTER TABLE points ADD COLUMN time REAL;
)sql",
                                                         R"sql(
  CREATE TABLE buckets(
    name TEXT NOT NULL,
    steps INTEGER NOT NULL,
    first_step INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    time REAL,
    count INTEGER NOT NULL,
    total REAL,
    low REAL,
    high REAL,
    PRIMARY KEY(steps, name, first_step)) STRICT, WITHOUT ROWID;
  INSERT INTO buckets
    SELECT name, 16, step / 16 * 16, MAX(step), MAX(time), COUNT(value), SUM(value), MIN(value),
           MAX(value)
    FROM points GROUP BY name, step / 16;
  INSERT INTO buckets
    SELECT name, 256, first_step / 256 * 256, MAX(last_step), MAX(time), SUM(count), SUM(total),
           MIN(low), MAX(high)
    FROM buckets WHERE steps = 16 GROUP BY name, first_step / 256;
)sql"};

// Parameters: the name, the first step, one behind the last, and how many these are.
constexpr std::string_view kPutShortBucket = R"sql(
  INSERT OR REPLACE INTO buckets
    SELECT ?1, ?4, ?2, MAX(step), MAX(time), COUNT(value), SUM(value), MIN(value), MAX(value)
    FROM points WHERE name = ?1 AND step >= ?2 AND step < ?3
)sql";

// The same, and of how many steps the buckets are that it is made of.
constexpr std::string_view kPutLongBucket = R"sql(
  INSERT OR REPLACE INTO buckets
    SELECT ?1, ?4, ?2, MAX(last_step), MAX(time), SUM(count), SUM(total), MIN(low), MAX(high)
    FROM buckets WHERE steps = ?5 AND name = ?1 AND first_step >= ?2 AND first_step < ?3
)sql";

constexpr char kFileSuffix[] = ".db";

// One thread writes for all jobs: a file that somebody has locked must not hold up the others.
constexpr std::chrono::milliseconds kLockTimeMax{5};

// Files kept open for writing: more than the jobs that run at once on one cluster's pools.
constexpr std::size_t kWritersMax = 64;

// The buckets of so many steps that have one of the points: their names and first steps.
std::set<std::pair<std::string_view, std::int64_t>> BucketsOf(
    const std::vector<MetricPoint>& points, std::int64_t steps) {
  std::set<std::pair<std::string_view, std::int64_t>> buckets;
  for (const MetricPoint& point : points) buckets.emplace(point.name, point.step / steps * steps);
  return buckets;
}

Result<std::int64_t> CountPoints(Database& database, const std::string& name) {
  DESCENT_ASSIGN(Statement row, database.Prepare("SELECT COUNT(*) FROM points WHERE name = ?"));
  DESCENT_ASSIGN(const bool has_row, row.Bind(0, name).Step());
  DESCENT_CHECK(has_row);
  return row.Integer(0);
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
  DESCENT_ASSIGN(const std::int64_t points, CountPoints(database, name));
  if (points == 0) return std::optional<MetricSummary>();
  MetricSummary summary{.name = name, .points = points};
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

}  // namespace

std::filesystem::path MetricStore::FileOf(const std::string& job_id) const {
  return directory_ / (job_id + kFileSuffix);
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

Status MetricStore::RemoveAllBut(const std::set<std::string>& job_ids) {
  DESCENT_ASSIGN(const std::vector<std::string> found, ListDirectory(directory_));
  for (const std::string& file : found) {
    const std::size_t end = file.rfind(kFileSuffix);
    if (end == std::string::npos) continue;  // not ours
    const std::string job_id = file.substr(0, end);
    if (!job_ids.contains(job_id)) DESCENT_RETURN_IF_ERROR(Remove(job_id));
  }
  return Status();
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
  database.WaitForOthers(kLockTimeMax);
  DESCENT_RETURN_IF_ERROR(database.Migrate(kMigrations));
  auto writer = std::make_unique<Writer>(std::move(database));
  const auto prepare = [&writer](std::string_view sql,
                                 std::unique_ptr<Statement>& statement) -> Status {
    DESCENT_ASSIGN(Statement prepared, writer->database.Prepare(sql));
    statement = std::make_unique<Statement>(std::move(prepared));
    return Status();
  };
  DESCENT_RETURN_IF_ERROR(
      prepare("INSERT OR IGNORE INTO points(name, step, value, time) VALUES(?, ?, ?, ?)",
              writer->add_point));
  DESCENT_RETURN_IF_ERROR(prepare(kPutShortBucket, writer->put_short_bucket));
  DESCENT_RETURN_IF_ERROR(prepare(kPutLongBucket, writer->put_long_bucket));
  return writer;
}

Status MetricStore::Write(Writer& writer, const RecordMetrics& metrics, double seconds) {
  for (const MetricPoint& point : metrics.points) {
    writer.add_point->Bind(0, point.name).Bind(1, point.step).Bind(2, point.value);
    writer.add_point->Bind(3, seconds);
    DESCENT_RETURN_IF_ERROR(writer.add_point->Run());
  }
  for (const auto& [name, first_step] : BucketsOf(metrics.points, kShortBucketSteps)) {
    Statement& put = *writer.put_short_bucket;
    put.Bind(0, name).Bind(1, first_step).Bind(2, first_step + kShortBucketSteps);
    DESCENT_RETURN_IF_ERROR(put.Bind(3, kShortBucketSteps).Run());
  }
  for (const auto& [name, first_step] : BucketsOf(metrics.points, kLongBucketSteps)) {
    Statement& put = *writer.put_long_bucket;
    put.Bind(0, name).Bind(1, first_step).Bind(2, first_step + kLongBucketSteps);
    DESCENT_RETURN_IF_ERROR(put.Bind(3, kLongBucketSteps).Bind(4, kShortBucketSteps).Run());
  }
  return Status();
}

Status MetricStore::Record(const RecordMetrics& metrics, WallTime time) {
  const double seconds = SecondsSinceEpoch(time);
  DESCENT_ASSIGN(Writer * writer, WriterFor(metrics.job_id));
  DESCENT_RETURN_IF_ERROR(writer->database.Begin());
  Status status = Write(*writer, metrics, seconds);
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
  // Points and buckets as of one moment. The transaction ends with the database.
  DESCENT_RETURN_IF_ERROR(database->Execute("BEGIN"));
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
    DESCENT_ASSIGN(MetricCurve curve, ReadPoints(*database, name, first, news.points_max));
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
