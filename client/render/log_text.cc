#include "client/render/log_text.h"

#include <spdlog/fmt/fmt.h>

namespace descent {

std::string FailureLogText(const FailureView& failure) {
  if (failure.log_tail.empty()) return "";
  std::string text = fmt::format("last lines of rank {} in attempt {}:", failure.rank,
                                 failure.log_tail.front().attempt);
  for (const LogLine& line : failure.log_tail) text += "\n  " + Indented(LogLineText(line), "  ");
  return text;
}

}  // namespace descent
