#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace descent {

// How far somebody has seen the histories of jobs: "a@17 a:500" is job a's event 17 and its metrics
// up to step 500.
struct WatchCursor {
  std::map<std::string, std::int64_t> events;  // by job: the sequence number of the last one
  std::map<std::string, std::int64_t> steps;   // by job

  std::string ToText() const;
};

// kInvalidArgument: the text is not of that form.
Result<WatchCursor> ParseWatchCursor(std::string_view text);

}  // namespace descent
