#include "client/render/log_text.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "common/log_line.h"

namespace descent {

std::string FailureLogText(const FailureView& failure, const std::string& job_id) {
  if (failure.log_tail.empty()) return "";
  const std::int64_t left_out =
      std::max<std::int64_t>(0, std::ssize(failure.log_tail) - limits::kFailureLogLinesShown);
  std::string text = fmt::format("last lines of rank {} in attempt {}:", failure.rank,
                                 failure.log_tail.front().attempt);
  for (auto line = failure.log_tail.begin() + left_out; line != failure.log_tail.end(); ++line)
    text.append("\n  ").append(Indented(LogLineText(*line), "  "));
  if (left_out > 0)
    text += fmt::format("\n  {} lines before these: descent attempts {} -o json", left_out, job_id);
  return text;
}

}  // namespace descent
