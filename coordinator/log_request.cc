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
constexpr std::size_t kLogAnswerBytes = std::size_t{256} << 10;
constexpr int kAnswerPagesMax = 64;
constexpr std::int64_t kAnswerSearchedBytesMax = std::int64_t{16} << 20;
constexpr std::size_t kAnswerLineBytes = 64;  // of a line, besides its text

constexpr std::size_t kUidCharacters = 8;

Status RefuseLogRequest(const std::string& message) {
  return Status(Code::kInvalidArgument, message);
}

RequestError Because(const Status& status, std::string reason) {
  return {status, std::move(reason), {}, {}};
}

Status CheckSizes(const v1::StreamJobLogsRequest& request) {
  if (request.ranks_size() > limits::kWorldSizeMax)
    return RefuseLogRequest(std::to_string(request.ranks_size()) + " ranks, may be " +
                            std::to_string(limits::kWorldSizeMax));
  if (request.contains().size() > limits::kLogTextBytesMax)
    return RefuseLogRequest("contains has " + std::to_string(request.contains().size()) +
                            " bytes, may have " + std::to_string(limits::kLogTextBytesMax));
  return Status();
}

Result<LogFilter> ToFilter(const v1::StreamJobLogsRequest& request) {
  DESCENT_RETURN_IF_ERROR(CheckSizes(request));
  LogFilter filter{.ranks = {request.ranks().begin(), request.ranks().end()},
                   .attempt = request.attempt(),
                   .contains = request.contains()};
  for (const int rank : filter.ranks)
    if (rank < 0)
      return RefuseLogRequest("ranks has " + std::to_string(rank) + ", must be at least 0");
  if (filter.attempt < 0)
    return RefuseLogRequest("attempt is " + std::to_string(filter.attempt) +
                            ", must be at least 0");
  if (request.min_severity() != v1::LOG_SEVERITY_UNSPECIFIED) {
    DESCENT_ASSIGN(filter.severity_min, FromProto(request.min_severity()));
  }
  for (const int source : request.sources()) {
    DESCENT_ASSIGN(const LogSource known, FromProto(static_cast<v1::LogSource>(source)));
    filter.sources.insert(known);
  }
  if (request.has_tail() && !request.resume_token().empty())
    return RefuseLogRequest("tail and resume_token exclude each other");
  if (request.tail() < 0 || request.tail() > limits::kLogTailMax)
    return RefuseLogRequest("tail is " + std::to_string(request.tail()) + ", must be 0 to " +
                            std::to_string(limits::kLogTailMax));
  return filter;
}

struct LogToken {
  std::string uid;        // how that of the job begins; empty: of a coordinator that told none
  std::int64_t line = 0;  // the next

  std::string ToText() const { return uid + "." + std::to_string(line); }
};

std::optional<LogToken> ParseLogToken(const std::string& text) {
  const std::size_t dot = text.find('.');
  LogToken token{.uid = dot == std::string::npos ? "" : text.substr(0, dot)};
  const char* const begin = text.data() + (dot == std::string::npos ? 0 : dot + 1);
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(begin, end, token.line);
  if (parsed.ec != std::errc() || parsed.ptr != end || token.line < 1) return std::nullopt;
  return token;
}

// Where no line was read yet and none was there, the first that comes is the next.
LogToken LogTokenOf(const Job& job, std::int64_t next) {
  return {UidOf(job).substr(0, kUidCharacters), std::max<std::int64_t>(next, 1)};
}

RequestError LogTokenInvalid(const std::string& token) {
  return Because(RefuseLogRequest("resume_token " + Excerpt(token) + " is not one of this service"),
                 "PAGE_TOKEN_INVALID");
}

std::variant<std::int64_t, RequestError> FirstLine(const LogStore& logs, const Job& job,
                                                   const LogFilter& filter,
                                                   const v1::StreamJobLogsRequest& request,
                                                   const SearchBounds& bounds) {
  if (request.has_tail()) {
    const auto first = logs.FindTail(job.id, filter, request.tail(), bounds);
    if (!first.ok()) return ToRequestError(first.status());
    return first.value();
  }
  if (request.resume_token().empty()) return std::int64_t{0};
  const std::optional<LogToken> token = ParseLogToken(request.resume_token());
  if (!token) return LogTokenInvalid(request.resume_token());
  if (token->uid == LogTokenOf(job, 0).uid) return token->line;
  const Result<std::int64_t> oldest = logs.OldestLine(job.id);
  if (!oldest.ok()) return ToRequestError(oldest.status());
  return CursorExpired(job, oldest.value());
}

}  // namespace

std::variant<LogReader, RequestError> OpenLog(const LogStore& logs, const Job& job,
                                              const v1::StreamJobLogsRequest& request,
                                              const SearchBounds& bounds) {
  Result<LogFilter> filter = ToFilter(request);
  if (!filter.ok()) return Because(filter.status(), "FILTER_INVALID");
  auto first = FirstLine(logs, job, filter.value(), request, bounds);
  if (auto* error = std::get_if<RequestError>(&first)) return std::move(*error);
  return logs.ReaderFrom(job.id, std::move(filter).value(), std::get<std::int64_t>(first));
}

RequestError CursorExpired(const Job& job, std::int64_t oldest) {
  RequestError error{
      Status(Code::kFailedPrecondition,
             "the lines after the resume_token are not, or no longer, in the log of jobs/" +
                 job.id + "; the oldest kept is " + std::to_string(oldest)),
      "CURSOR_EXPIRED",
      {},
      {{"oldest_token", LogTokenOf(job, oldest).ToText()}}};
  error.grpc_code = grpc::StatusCode::OUT_OF_RANGE;
  return error;
}

v1::StreamJobLogsResponse MakeLogResponse(const Job& job, const std::vector<LogLine>& lines,
                                          std::int64_t next) {
  v1::StreamJobLogsResponse response;
  for (const LogLine& line : lines) *response.add_lines() = ToProto(line);
  response.set_resume_token(LogTokenOf(job, next).ToText());
  return response;
}

std::variant<v1::StreamJobLogsResponse, RequestError> ReadLogOnce(
    const LogStore& logs, const Job& job, const v1::StreamJobLogsRequest& request) {
  auto opened = OpenLog(logs, job, request, {.bytes_max = kAnswerSearchedBytesMax});
  if (auto* error = std::get_if<RequestError>(&opened)) return std::move(*error);
  LogReader& reader = std::get<LogReader>(opened);
  const std::int64_t first = reader.next();
  std::vector<LogLine> lines;
  std::size_t bytes = 0;
  for (int pages = 0; pages < kAnswerPagesMax && bytes < kLogAnswerBytes; ++pages) {
    Result<LogPage> page = reader.Next();
    if (!page.ok()) return ToRequestError(page.status());
    // After some lines it is told to who asks for what follows them.
    if (page.value().oldest && reader.next() == first)
      return CursorExpired(job, *page.value().oldest);
    if (page.value().oldest || page.value().is_end) break;
    for (LogLine& line : page.value().lines) {
      bytes += kAnswerLineBytes + line.text.size();
      lines.push_back(std::move(line));
    }
  }
  return MakeLogResponse(job, lines, reader.next());
}

}  // namespace descent
