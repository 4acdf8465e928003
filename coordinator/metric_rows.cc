#include "coordinator/metric_rows.h"

#include <algorithm>
#include <utility>

#include "coordinator/database.h"
#include "coordinator/metric_file.h"

namespace descent {
struct MetricRows::Source {
  Database database;
  Statement points;
};

MetricRows::MetricRows(std::unique_ptr<Source> source, std::vector<std::string> names)
    : source_(std::move(source)), names_(std::move(names)) {}

MetricRows::~MetricRows() = default;

Result<std::unique_ptr<MetricRows>> MetricRows::Open(const std::filesystem::path& file,
                                                     std::vector<std::string> names) {
  std::ranges::sort(names);
  DESCENT_ASSIGN(std::optional<Database> database, OpenMetricFile(file));
  if (!database) return std::unique_ptr<MetricRows>(new MetricRows(nullptr, std::move(names)));
  DESCENT_ASSIGN(names, NamesOr(*database, std::move(names)));
  DESCENT_ASSIGN(const std::string time, TimeColumn(*database));
  DESCENT_ASSIGN(Statement points, database->Prepare("SELECT step, name, value, " + time +
                                                     " FROM points ORDER BY step, name"));
  auto source = std::make_unique<Source>(Source{*std::move(database), std::move(points)});
  return std::unique_ptr<MetricRows>(new MetricRows(std::move(source), std::move(names)));
}

Result<std::optional<MetricRow>> MetricRows::Next() {
  while (source_ != nullptr) {
    DESCENT_ASSIGN(const bool has_point, source_->points.Step());
    if (!has_point) {
      source_.reset();  // a statement that is done would begin again
      break;
    }
    const Statement& point = source_->points;
    std::string name = point.Bytes(1);
    if (!std::ranges::binary_search(names_, name)) continue;
    const std::int64_t step = point.Integer(0);
    std::optional<MetricRow> done;
    if (begun_ && begun_->step != step) done = std::exchange(begun_, std::nullopt);
    if (!begun_) begun_ = MetricRow{step, point.IsNull(3) ? 0 : point.Real(3), {}};
    begun_->values.emplace(std::move(name), point.Real(2));
    if (done) return done;
  }
  return std::exchange(begun_, std::nullopt);
}

}  // namespace descent
