#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/result.h"

namespace descent {

// How far somebody has seen the histories of jobs: "a.9c1e0f42@17 a.9c1e0f42:500 a.9c1e0f42~98" is
// event 17 of the job a whose uid begins like that, its metrics up to step 500, and its log up to
// the line before number 98. "a:500" is the same of the job that has the name now.
struct WatchCursor {
  static constexpr std::size_t kUidCharacters = 8;

  std::map<std::string, std::int64_t> events;  // by job: the sequence number of the last one
  std::map<std::string, std::int64_t> steps;   // by job
  std::map<std::string, std::int64_t> lines;   // by job: the number of the next one
  std::map<std::string, std::string> uids;     // by job, where it is known: how its uid begins

  // The job has this uid: positions in another one that had its name are dropped.
  void Adopt(const std::string& job, const std::string& uid);

  std::string ToText() const;
};

// kInvalidArgument: the text is not of that form.
Result<WatchCursor> ParseWatchCursor(std::string_view text);

}  // namespace descent
