#pragma once

#include <string>

namespace descent {

// How a process ended, as people read it: "signal 9 (Killed)" or, with signal 0, "exit code 1".
std::string ProcessEndText(int exit_code, int signal);

}  // namespace descent
