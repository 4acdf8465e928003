#pragma once

#include <string>

#include "client/commands/command.h"

namespace descent {

// Whether the user wants what does not come back. Asks where somebody is there to answer: stdin and
// stderr are terminals, and neither --yes nor --no-input was given. Elsewhere who gives the command
// has said so.
bool IsConfirmed(const GlobalFlags& flags, Console& console, const std::string& question);

}  // namespace descent
