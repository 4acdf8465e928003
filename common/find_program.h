#pragma once

#include <string>

namespace descent {

// The program of that name in the directories of PATH; empty: there is none.
std::string FindProgram(const std::string& name);

}  // namespace descent
