#include "coordinator/log_request.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/limits.h"
#include "coordinator/excerpt.h"
#include "proto/log_wire.h"

namespace descent {
namespace {

// Of ReadLogOnce: after so much no other page of the log is read.
constexpr std::size_t kAnswerBytes = std::size_t{256} << 10;
constexpr int kAnswerPagesMax = 64;
constexpr std::size_t kLineBytes = 64;  // of a line, besides its text

Status Refuse(const std::string& message) { return Status(Code::kInvalidArgument, message); }

RequestError Because(const Status& status, std::string reason) {
  return {status, std::move(reason), {}, {}};
}

Status CheckSizes(const v1::StreamJobLogsRequest& request) {
  if (request.ranks_size() > limits::kWorldSizeMax)
    return Refuse(std::to_string(request.ranks_size()) + " ranks, may be " +
                  std::to_string(limits::kWorldSizeMax));
  if (request.contains().size() > limits::kLogTextBytesMax)
    return Refuse("contains has " + std::to_string(request.contains().size()) +
                  " bytes, may have " + std::to_string(limits::kLogTextBytesMax));
  return Status();
}

Result<LogFilter> ToFilter(const v1::StreamJobLogsRequest& request) {
  DESCENT_RETURN_IF_ERROR(CheckSizes(request));
  LogFilter filter{.ranks = {request.ranks().begin(), request.ranks().end()},
                   .attempt = request.attempt(),
                   .contains = request.contains()};
  for (const int rank : filter.ranks)
    if (rank < 0) return Refuse("ranks has " + std::to_string(rank) + ", must be at least 0");
  if (filter.attempt < 0)
    return Refuse("attempt is " + std::to_string(filter.attempt) + ", must be at least 0");
  if (request.min_severity() != v1::LOG_SEVERITY_UNSPECIFIED) {
    DESCENT_ASSIGN(filter.severity_min, FromProto(request.min_severity()));
  }
  if (request.has_tail() && !request.resume_token().empty())
    return Refuse("tail and resume_token exclude each other");
  if (request.tail() < 0 || request.tail() > limits::kLogTailMax)
    return Refuse("tail is " + std::to_string(request.tail()) + ", must be 0 to " +
                  std::to_string(limits::kLogTailMax));
  return filter;
}

// The number of the next line.
std::optional<std::int64_t> ParseToken(const std::string& token) {
  std::int64_t line = 0;
  const char* const end = token.data() + token.size();
  const auto parsed = std::from_chars(token.data(), end, line);
  if (parsed.ec != std::errc() || parsed.ptr != end || line < 1) return std::nullopt;
  return line;
}

// Where no line was read yet and none was there, the first that comes is the next.
std::string TokenOf(const LogReader& reader) {
  return std::to_string(std::max<std::int64_t>(reader.next(), 1));
}

Result<std::int64_t> FirstLine(const LogStore& logs, const std::string& job_id,
                               const LogFilter& filter, const v1::StreamJobLogsRequest& request,
                               const IsCancelled& is_cancelled) {
  if (request.has_tail()) return logs.FindTail(job_id, filter, request.tail(), is_cancelled);
  if (request.resume_token().empty()) return std::int64_t{0};
  const std::optional<std::int64_t> line = ParseToken(request.resume_token());
  if (line) return *line;
  return Refuse("resume_token " + Excerpt(request.resume_token()) + " is not one of this service");
}

}  // namespace

std::variant<LogReader, RequestError> OpenLog(const LogStore& logs, const std::string& job_id,
                                              const v1::StreamJobLogsRequest& request,
                                              const IsCancelled& is_cancelled) {
  Result<LogFilter> filter = ToFilter(request);
  if (!filter.ok()) return Because(filter.status(), "FILTER_INVALID");
  const Result<std::int64_t> first = FirstLine(logs, job_id, filter.value(), request, is_cancelled);
  if (first.status().code() == Code::kInvalidArgument)
    return Because(first.status(), "PAGE_TOKEN_INVALID");
  if (!first.ok()) return ToRequestError(first.status());
  return logs.ReaderFrom(job_id, std::move(filter).value(), first.value());
}

RequestError CursorExpired(const LogReader& reader, std::int64_t oldest) {
  RequestError error{
      Status(Code::kFailedPrecondition, "the lines after resume_token " + TokenOf(reader) +
                                            " are no longer kept; the oldest kept is " +
                                            std::to_string(oldest)),
      "CURSOR_EXPIRED",
      {},
      {{"oldest_token", std::to_string(oldest)}}};
  error.grpc_code = grpc::StatusCode::OUT_OF_RANGE;
  return error;
}

v1::StreamJobLogsResponse MakeLogResponse(const std::vector<LogLine>& lines,
                                          const LogReader& reader) {
  v1::StreamJobLogsResponse response;
  for (const LogLine& line : lines) *response.add_lines() = ToProto(line);
  response.set_resume_token(TokenOf(reader));
  return response;
}

std::variant<v1::StreamJobLogsResponse, RequestError> ReadLogOnce(
    const LogStore& logs, const std::string& job_id, const v1::StreamJobLogsRequest& request) {
  auto opened = OpenLog(logs, job_id, request);
  if (auto* error = std::get_if<RequestError>(&opened)) return std::move(*error);
  LogReader& reader = std::get<LogReader>(opened);
  std::vector<LogLine> lines;
  std::size_t bytes = 0;
  for (int pages = 0; pages < kAnswerPagesMax && bytes < kAnswerBytes; ++pages) {
    Result<LogPage> page = reader.Next();
    if (!page.ok()) return ToRequestError(page.status());
    // After some lines it is told to who asks for what follows them.
    if (page.value().oldest && pages == 0) return CursorExpired(reader, *page.value().oldest);
    if (page.value().oldest || page.value().is_end) break;
    for (LogLine& line : page.value().lines) {
      bytes += kLineBytes + line.text.size();
      lines.push_back(std::move(line));
    }
  }
  return MakeLogResponse(lines, reader);
}

}  // namespace descent
