#include <map>
#include <optional>
#include <utility>

#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/job_view.h"
#include "coordinator/metric_export.h"
#include "coordinator/metric_request.h"

namespace descent {
namespace {

constexpr char kCsvType[] = "text/csv; charset=utf-8";
constexpr int kPointsDefault = 500;

// Every point of a job, read while it is sent.
class CsvExport final : public HttpBody {
 public:
  explicit CsvExport(std::unique_ptr<MetricRows> rows)
      : export_(MetricFormat::kCsv, std::move(rows)) {}

  std::optional<std::int64_t> size() const override { return std::nullopt; }
  Result<std::string> Next() override { return export_.NextChunk(); }

 private:
  MetricExport export_;
};

// Curves of different buckets have rows of their own, where the other columns are empty.
std::string ToCsv(const std::vector<MetricCurve>& curves) {
  std::vector<std::string> names;
  std::map<std::int64_t, MetricRow> rows;  // by step
  for (const MetricCurve& curve : curves) {
    names.push_back(curve.name);
    for (const MetricCurve::Point& point : curve.points) {
      MetricRow& row =
          rows.try_emplace(point.step, MetricRow{point.step, point.time, {}}).first->second;
      row.values.emplace(curve.name, point.value);
    }
  }
  std::string csv = CsvHeader(names);
  for (const auto& [step, row] : rows) csv += CsvLine(row, names);
  return csv;
}

}  // namespace

HttpResponse HttpRoutes::JobMetrics(const Call& call) const {
  const std::string format = TextParameter(call.parameters, "format");
  const bool is_csv = format == "csv";
  if (!format.empty() && !is_csv && format != "json")
    return ErrorResponse(
        Status(Code::kInvalidArgument, "format is \"" + format + "\", must be json or csv"),
        "FORMAT_INVALID");
  if (const Result<JobInQueue> found = backend_->job(call.job_id); !found.ok())
    return JobError(found.status(), call.job_id);
  return is_csv && !call.parameters.contains("max_points") ? AllPoints(call) : Curves(call, is_csv);
}

HttpResponse HttpRoutes::AllPoints(const Call& call) const {
  auto rows = backend_->metric_rows(call.job_id, ListParameter(call.parameters, "names"));
  if (!rows.ok()) return ErrorResponse(rows.status());
  HttpResponse response{200, kCsvType, ""};
  response.pieces = std::make_unique<CsvExport>(std::move(rows).value());
  return response;
}

HttpResponse HttpRoutes::Curves(const Call& call, bool is_csv) const {
  v1::QueryMetricsRequest request;
  for (const std::string& name : ListParameter(call.parameters, "names")) request.add_names(name);
  const Result<int> points_max =
      IntegerParameter(call.parameters, "max_points", kPointsDefault, kMetricPointsMax);
  if (!points_max.ok()) return ErrorResponse(points_max.status(), "MAX_POINTS_INVALID");
  request.set_max_points(points_max.value());
  const Result<MetricQuery> query = ToMetricQuery(request, call.job_id);
  if (!query.ok()) return ErrorResponse(query.status(), "MAX_POINTS_INVALID");
  const Result<std::vector<MetricCurve>> curves = backend_->metrics(query.value());
  if (!curves.ok()) return ErrorResponse(curves.status());
  if (is_csv) return {200, kCsvType, ToCsv(curves.value())};
  return JsonResponse(ToProto(curves.value()));
}

}  // namespace descent
