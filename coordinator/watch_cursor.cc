#include "coordinator/watch_cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "coordinator/http_query.h"
#include "coordinator/resource_name.h"

namespace descent {

std::string WatchCursor::ToText() const {
  std::string text;
  for (const auto& [job, sequence] : events) text += fmt::format("{}@{} ", job, sequence);
  for (const auto& [job, step] : steps) text += fmt::format("{}:{} ", job, step);
  if (!text.empty()) text.pop_back();
  return text;
}

Result<WatchCursor> ParseWatchCursor(std::string_view text) {
  WatchCursor cursor;
  for (const std::string& part : SplitList(text, ' ')) {
    const std::size_t separator = part.find_first_of("@:");
    const std::string job = part.substr(0, separator);
    std::int64_t position = -1;
    if (separator != std::string::npos && IsJobId(job)) {
      const char* end = part.data() + part.size();
      const auto parsed = std::from_chars(part.data() + separator + 1, end, position);
      if (parsed.ec != std::errc() || parsed.ptr != end) position = -1;
    }
    if (position < 0)
      return Status(Code::kInvalidArgument,
                    "cursor has \"" + part + "\", wanted JOB@SEQUENCE or JOB:STEP");
    (part[separator] == '@' ? cursor.events : cursor.steps)[job] = position;
  }
  return cursor;
}

}  // namespace descent
