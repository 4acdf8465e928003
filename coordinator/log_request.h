#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/log_store.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// What a user asks of a job's log and is answered, by gRPC and by HTTP. The job is found already.
// Blocks on the disk; any thread.

// A reader of the lines that `request` asks for. Reasons: FILTER_INVALID, PAGE_TOKEN_INVALID.
// kCancelled: `is_cancelled` has said so while the tail was searched for.
std::variant<LogReader, RequestError> OpenLog(const LogStore& logs, const std::string& job_id,
                                              const v1::StreamJobLogsRequest& request,
                                              const IsCancelled& is_cancelled = {});

// OUT_OF_RANGE, CURSOR_EXPIRED: the lines where `reader` stands are gone; `oldest` is the first
// that is kept.
RequestError CursorExpired(const LogReader& reader, std::int64_t oldest);

// What `reader` has read, and the token by which to go on after it.
v1::StreamJobLogsResponse MakeLogResponse(const std::vector<LogLine>& lines,
                                          const LogReader& reader);

// The answer to who asks again and again: at most about a MiB of lines, of at most 16 MiB that are
// searched for them. Its token is that of the request if and only if there is nothing more now.
// Reasons as above.
std::variant<v1::StreamJobLogsResponse, RequestError> ReadLogOnce(
    const LogStore& logs, const std::string& job_id, const v1::StreamJobLogsRequest& request);

}  // namespace descent
