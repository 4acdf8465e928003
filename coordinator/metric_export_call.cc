#include <optional>
#include <utility>

#include "coordinator/blocking_stream.h"
#include "coordinator/metric_export.h"
#include "coordinator/metric_request.h"
#include "coordinator/metric_streams.h"
#include "coordinator/request_error.h"

namespace descent {
namespace {

std::optional<MetricFormat> FormatOf(v1::MetricFormat format) {
  switch (format) {
    case v1::METRIC_FORMAT_CSV:
      return MetricFormat::kCsv;
    case v1::METRIC_FORMAT_JSONL:
      return MetricFormat::kJsonLines;
    case v1::METRIC_FORMAT_TENSORBOARD:
      return MetricFormat::kTensorBoard;
    default:
      return std::nullopt;
  }
}

class ExportCall final : public BlockingStream<v1::ExportMetricsResponse> {
 public:
  ExportCall(Runtime& runtime, boost::asio::thread_pool& threads,
             const v1::ExportMetricsRequest& request)
      : BlockingStream(threads), runtime_(runtime), request_(request) {}

 private:
  void Begin() override {
    const std::optional<MetricFormat> format = FormatOf(request_.format());
    if (!format)
      return Finish(
          RefuseRequest(Status(Code::kInvalidArgument, "format must be CSV, JSONL or TENSORBOARD"),
                        "FORMAT_INVALID"));
    Job job;
    if (const grpc::Status found = FindJobNamed(runtime_, request_.job(), job); !found.ok())
      return Finish(found);
    auto rows = MetricRows::Open(runtime_.metrics().FileOf(job.id),
                                 {request_.names().begin(), request_.names().end()});
    if (!rows.ok()) return Finish(ToGrpcStatus(rows.status()));
    export_.emplace(*format, std::move(rows).value());
    GoOn();
  }

  void GoOn() override {
    Result<std::string> data = export_->NextChunk();
    if (!data.ok()) return Finish(ToGrpcStatus(data.status()));
    if (data.value().empty()) return Finish(grpc::Status::OK);
    chunk_.set_data(std::move(data).value());
    Send(chunk_);
  }

  Runtime& runtime_;
  const v1::ExportMetricsRequest request_;
  std::optional<MetricExport> export_;
  v1::ExportMetricsResponse chunk_;  // owned by the write in progress
};

}  // namespace

grpc::ServerWriteReactor<v1::ExportMetricsResponse>* StartExport(
    Runtime& runtime, StreamSet& streams, boost::asio::thread_pool& threads,
    const grpc::CallbackServerContext& context, const v1::ExportMetricsRequest& request) {
  return LaunchStream<ExportCall>(streams, context, runtime, threads, request);
}

}  // namespace descent
