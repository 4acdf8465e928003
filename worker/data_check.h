#pragma once

#include <string>

namespace descent {

// `descent-worker --check-data FILE`: reads the spec in FILE (EncodeJobSpec) and the data it names,
// and prints every problem of the data on a line of its own. Returns the exit status: 0 if there is
// none, 2 if there are problems, 1 if FILE cannot be read.
int CheckData(const std::string& spec_file);

}  // namespace descent
