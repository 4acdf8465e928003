#include "coordinator/watch_cursor.h"

#include <fmt/format.h>

#include <charconv>

#include "coordinator/http_query.h"
#include "coordinator/resource_name.h"

namespace descent {
namespace {

constexpr char kUidSeparator = '.';  // is in no job's name

// `named` is the job's name, and behind it may be its uid. False: it is none, or another one than
// before.
bool TakeUid(const std::string& named, const std::string& job, WatchCursor& cursor) {
  if (named == job) return true;
  const std::string uid = named.substr(job.size() + 1);
  if (uid.size() != WatchCursor::kUidCharacters ||
      uid.find_first_not_of("0123456789abcdef") != std::string::npos)
    return false;
  return cursor.uids.try_emplace(job, uid).first->second == uid;
}

// Of the kind that has this separator.
std::map<std::string, std::int64_t>& PositionsOf(char separator, WatchCursor& cursor) {
  if (separator == '@') return cursor.events;
  return separator == ':' ? cursor.steps : cursor.lines;
}

}  // namespace

void WatchCursor::Adopt(const std::string& job, const std::string& uid) {
  const auto [known, is_new] = uids.try_emplace(job, uid);
  if (is_new || known->second == uid) return;
  known->second = uid;
  events.erase(job);
  steps.erase(job);
  lines.erase(job);
}

std::string WatchCursor::ToText() const {
  std::string text;
  const auto named = [this](const std::string& job) {
    const auto uid = uids.find(job);
    return uid == uids.end() ? job : job + kUidSeparator + uid->second;
  };
  for (const auto& [job, sequence] : events) text += fmt::format("{}@{} ", named(job), sequence);
  for (const auto& [job, step] : steps) text += fmt::format("{}:{} ", named(job), step);
  for (const auto& [job, line] : lines) text += fmt::format("{}~{} ", named(job), line);
  if (!text.empty()) text.pop_back();
  return text;
}

Result<WatchCursor> ParseWatchCursor(std::string_view text) {
  WatchCursor cursor;
  for (const std::string& part : SplitList(text, ' ')) {
    const std::size_t separator = part.find_first_of("@:~");
    const std::string named = part.substr(0, separator);
    const std::string job = named.substr(0, named.find(kUidSeparator));
    std::int64_t position = -1;
    if (separator != std::string::npos && IsJobId(job) && TakeUid(named, job, cursor)) {
      const char* end = part.data() + part.size();
      const auto parsed = std::from_chars(part.data() + separator + 1, end, position);
      if (parsed.ec != std::errc() || parsed.ptr != end) position = -1;
    }
    if (position < 0)
      return Status(
          Code::kInvalidArgument,
          "cursor has \"" + part + "\", wanted JOB.UID@SEQUENCE, JOB.UID:STEP or JOB.UID~LINE");
    PositionsOf(part[separator], cursor)[job] = position;
  }
  return cursor;
}

}  // namespace descent
