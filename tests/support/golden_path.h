#pragma once

#include <cstdlib>
#include <string>

namespace descent {

// Where a recorded file of this test's folder lies: in $DESCENT_GOLDEN_DIRECTORY, if it is set, to
// compare with what was recorded just now (live_pytorch_test.py).
inline std::string GoldenPath(const std::string& name) {
  const char* const given = std::getenv("DESCENT_GOLDEN_DIRECTORY");
  return std::string(given != nullptr ? given : GOLDEN_DIRECTORY) + "/" + name;
}

}  // namespace descent
