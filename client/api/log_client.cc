#include "client/api/log_client.h"

#include <chrono>
#include <utility>

#include "client/api/channel.h"
#include "client/api/convert.h"
#include "descent/v1/service.grpc.pb.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

// A coordinator that is started again is back within seconds. Somebody who follows has seen it; for
// others it may never have been there.
constexpr std::chrono::seconds kLogFollowerAwayMax{60};
constexpr std::chrono::seconds kLogAwayMax{2};
constexpr std::chrono::milliseconds kLogRetryDelay{500};
constexpr std::chrono::seconds kServedMin{1};

v1::StreamJobLogsRequest LogRequestFor(const LogSelection& selection) {
  v1::StreamJobLogsRequest request;
  request.set_name("jobs/" + selection.job);
  request.mutable_ranks()->Add(selection.ranks.begin(), selection.ranks.end());
  request.set_attempt(selection.attempt);
  request.set_min_severity(ToProto(selection.severity_min));
  request.set_contains(selection.contains);
  for (const LogSource source : selection.sources) request.add_sources(ToProto(source));
  if (selection.tail) request.set_tail(*selection.tail);
  request.set_follow(selection.follows);
  return request;
}

// A line that a newer coordinator made and this program cannot read is left out.
LogLines ToLines(const v1::StreamJobLogsResponse& response) {
  LogLines lines;
  for (const v1::LogLine& encoded : response.lines()) {
    Result<LogLine> line = FromProto(encoded);
    if (!line.ok()) continue;
    lines.lines.push_back(std::move(line).value());
    lines.json.push_back(ToJson(encoded));
  }
  return lines;
}

}  // namespace

struct LogClient::Stub {
  explicit Stub(const Endpoint& endpoint) : channel(endpoint), jobs(channel.grpc()) {}

  // One stream to its end; `request` then asks for what follows.
  grpc::Status ReadOne(v1::StreamJobLogsRequest& request,
                       const std::function<void(const LogLines&)>& on_lines) {
    grpc::ClientContext context;
    v1::StreamJobLogsResponse response;
    const auto reader = jobs.StreamJobLogs(&context, request);
    while (reader->Read(&response)) {
      on_lines(ToLines(response));
      request.clear_tail();
      request.set_resume_token(response.resume_token());
    }
    return reader->Finish();
  }

  const Channel channel;
  v1::JobService::Stub jobs;
};

LogClient::LogClient(const Endpoint& endpoint)
    : address_(endpoint.address), stub_(std::make_unique<Stub>(endpoint)) {}

LogClient::~LogClient() = default;

std::optional<ApiError> LogClient::Read(const LogSelection& selection, const Events& events) {
  v1::StreamJobLogsRequest request = LogRequestFor(selection);
  const auto away_max = selection.follows ? kLogFollowerAwayMax : kLogAwayMax;
  Clock::time_point last_served = Clock::now();
  bool is_connected = true;
  while (true) {
    const Clock::time_point begin = Clock::now();
    const grpc::Status status = stub_->ReadOne(request, [&](const LogLines& lines) {
      if (!std::exchange(is_connected, true)) events.on_connection(true);
      events.on_lines(lines);
    });
    if (status.ok()) return std::nullopt;
    ApiError error = ToApiError(status, address_);
    if (error.reason == "CURSOR_EXPIRED") {
      events.on_gap();
      request.clear_resume_token();
      continue;
    }
    // A stream may be open for long without a line.
    if (Clock::now() - begin > kServedMin) last_served = Clock::now();
    const bool is_away = error.exit_code == ExitCode::kUnreachable;
    if (!is_away || Clock::now() - last_served > away_max) return error;
    if (std::exchange(is_connected, false)) events.on_connection(false);
    stub_->channel.PauseFor(kLogRetryDelay);
  }
}

}  // namespace descent
