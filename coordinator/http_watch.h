#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/http_backend.h"
#include "coordinator/http_message.h"
#include "coordinator/request_error.h"

namespace descent {

// GET /v1/watch: what changes, as Server-Sent Events, one stream for a whole page.
//
//   topic              event     data
//   status             status    the body of /v1/status, every second
//   jobs               jobs      {"jobs":[…],"removed":["jobs/…"],"older":["jobs/…"]}: of the jobs
//                                for which `filter` holds the newest 100 and those that are not at
//                                their end, without their specs; first all, then what changed.
//                                `older` are those of `removed` for which it holds still
//   workers            workers   {"workers":[…],"removed":["workers/…"]}: first all, then those of
//                                which more has changed than when they were heard of
//   job/{job}          job       the body of /v1/jobs/{job}, first as it is, then after each change
//   job/{job}/events   events    {"job":…,"events":[…]}: those after the cursor
//   job/{job}/metrics  metrics   {"job":…,"series":[…]}: points from the cursor's step on
//   job/{job}/logs     logs      {"job":…,"lines":[…],"resumeToken":…}: those after the cursor, or
//                                the last 500 and what comes
//                      gap       {"job":…,"oldestLine":…}: lines that were to come are no longer
//                                kept; it goes on from the oldest
//
// A job that is deleted is told once, as event "deleted" with {"job":…}; its topics end with it,
// also where its name is given again. The id of an event is the cursor, which says for each job how
// far its events, metrics and log were sent (watch_cursor.h). Resumed from a cursor, a stream
// repeats the points of that very step, of which an evaluation may be new. A comment after 15 quiet
// seconds keeps proxies awake. Reasons: TOPICS_INVALID, FILTER_INVALID, CURSOR_INVALID,
// JOB_NOT_FOUND, TOO_MANY_STREAMS.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
struct WatchOptions {
  std::vector<std::string> topics;
  std::string filter;  // of the topic jobs, as that of a list (job_filter.h); empty: all
  std::string cursor;  // empty: from the beginning
};
std::variant<std::unique_ptr<HttpEvents>, RequestError> StartWatch(
    std::shared_ptr<const HttpBackend> backend, const WatchOptions& options);

// How many are open, over all servers of this process. Any thread.
int OpenWatches();

}  // namespace descent
