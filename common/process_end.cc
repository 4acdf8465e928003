#include "common/process_end.h"

#include <cstring>

namespace descent {

std::string ProcessEndText(int exit_code, int signal) {
  if (signal == 0) return "exit code " + std::to_string(exit_code);
  return "signal " + std::to_string(signal) + " (" + strsignal(signal) + ")";
}

}  // namespace descent
