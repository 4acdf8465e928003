#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/job.h"
#include "coordinator/log_store.h"
#include "coordinator/request_error.h"
#include "descent/v1/service.pb.h"

namespace descent {

// What a user asks of a job's log and is answered, by gRPC and by HTTP. The job is found already.
// Blocks on the disk; any thread.

// A reader of the lines that `request` asks for; `bounds` are those of the search for the tail.
// Reasons: FILTER_INVALID, PAGE_TOKEN_INVALID, and CURSOR_EXPIRED for a token of another job that
// had the name. kCancelled: `bounds` have said so.
std::variant<LogReader, RequestError> OpenLog(const LogStore& logs, const Job& job,
                                              const v1::StreamJobLogsRequest& request,
                                              const SearchBounds& bounds = {});

// OUT_OF_RANGE, CURSOR_EXPIRED: the lines that were to come next are not of the job's log as it is;
// `oldest` is the first that is.
RequestError CursorExpired(const Job& job, std::int64_t oldest);

// The lines, and the token by which to go on after them: UID.LINE, the beginning of the job's uid
// and the number of the line that is `next`.
v1::StreamJobLogsResponse MakeLogResponse(const Job& job, const std::vector<LogLine>& lines,
                                          std::int64_t next);

// The answer to who asks again and again: at most about a MiB of lines, of at most 16 MiB that are
// searched for them. Its token is that of the request if and only if there is nothing more now.
// Reasons as above.
std::variant<v1::StreamJobLogsResponse, RequestError> ReadLogOnce(
    const LogStore& logs, const Job& job, const v1::StreamJobLogsRequest& request);

}  // namespace descent
