#include <map>
#include <optional>
#include <utility>

#include "coordinator/http_response.h"
#include "coordinator/http_routes.h"
#include "coordinator/job_view.h"
#include "coordinator/metric_export.h"
#include "coordinator/metric_request.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

constexpr char kCsvType[] = "text/csv; charset=utf-8";
constexpr int kHttpPointsDefault = 500;

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

// Beside the column of a metric whose points are means, the spread of each.
std::vector<std::string> ColumnsOf(const MetricCurve& curve) {
  if (curve.bucket_steps == 1) return {curve.name};
  return {curve.name, curve.name + ".min", curve.name + ".max", curve.name + ".count"};
}

// Curves of different buckets have rows of their own, where the other columns are empty.
std::string ToCsv(const std::vector<MetricCurve>& curves) {
  std::vector<std::string> columns;
  std::map<std::int64_t, MetricRow> rows;  // by step
  for (const MetricCurve& curve : curves) {
    const std::vector<std::string> names = ColumnsOf(curve);
    columns.insert(columns.end(), names.begin(), names.end());
    for (const MetricCurve::Point& point : curve.points) {
      MetricRow& row =
          rows.try_emplace(point.step, MetricRow{point.step, point.time, {}}).first->second;
      row.values.emplace(names[0], point.value);
      if (names.size() == 1 || !point.spread) continue;
      row.values.emplace(names[1], point.spread->min);
      row.values.emplace(names[2], point.spread->max);
      row.values.emplace(names[3], static_cast<double>(point.spread->count));
    }
  }
  std::string csv = CsvHeader(columns);
  for (const auto& [step, row] : rows) csv += CsvLine(row, columns);
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
  const Result<JobInQueue> found = backend_->job(call.job_id);
  if (!found.ok()) return JobError(found.status(), call.job_id);
  const std::string axis_name = TextParameter(call.parameters, "x_axis");
  const std::optional<XAxis> axis = axis_name.empty() ? XAxis::kStep : ParseXAxis(axis_name);
  if (!axis)
    return ErrorResponse(Status(Code::kInvalidArgument,
                                "x_axis is \"" + axis_name + "\", must be step, time or samples"),
                         "X_AXIS_INVALID");
  if (!is_csv) return Curves(call, found.value().job, *axis);
  return call.parameters.contains("max_points") ? CurvesAsCsv(call) : AllPoints(call);
}

HttpResponse HttpRoutes::AllPoints(const Call& call) const {
  auto rows = backend_->metric_rows(call.job_id, ListParameter(call.parameters, "names"));
  if (!rows.ok()) return ErrorResponse(rows.status());
  HttpResponse response{200, kCsvType, ""};
  response.pieces = std::make_unique<CsvExport>(std::move(rows).value());
  return response;
}

HttpResponse HttpRoutes::Curves(const Call& call, const Job& job, XAxis axis) const {
  const auto curves = FindCurves(call);
  if (const auto* refusal = std::get_if<RequestError>(&curves)) return ErrorResponse(*refusal);
  v1::QueryMetricsResponse response;
  AddCurves(job, std::get<std::vector<MetricCurve>>(curves), axis, response);
  return JsonResponse(response);
}

HttpResponse HttpRoutes::CurvesAsCsv(const Call& call) const {
  const auto curves = FindCurves(call);
  if (const auto* refusal = std::get_if<RequestError>(&curves)) return ErrorResponse(*refusal);
  return {200, kCsvType, ToCsv(std::get<std::vector<MetricCurve>>(curves))};
}

std::variant<std::vector<MetricCurve>, RequestError> HttpRoutes::FindCurves(
    const Call& call) const {
  v1::QueryMetricsRequest request;
  for (const std::string& name : ListParameter(call.parameters, "names")) request.add_names(name);
  const Result<int> points_max =
      IntegerParameter(call.parameters, "max_points", kHttpPointsDefault, kMetricPointsMax);
  if (!points_max.ok()) return RequestError{points_max.status(), "MAX_POINTS_INVALID", {}, {}};
  request.set_max_points(points_max.value());
  const Result<MetricQuery> query = ToMetricQuery(request, call.job_id);
  if (!query.ok()) return RequestError{query.status(), "MAX_POINTS_INVALID", {}, {}};
  Result<std::vector<MetricCurve>> curves = backend_->metrics(query.value());
  if (!curves.ok()) return ToRequestError(curves.status());
  return std::move(curves).value();
}

}  // namespace descent
