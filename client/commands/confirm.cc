#include "client/commands/confirm.h"

#include <unistd.h>

#include <optional>

namespace descent {

bool IsConfirmed(const GlobalFlags& flags, Console& console, const std::string& question) {
  const bool is_asked = !flags.is_confirmed && !flags.has_no_input && isatty(STDIN_FILENO) != 0 &&
                        isatty(STDERR_FILENO) != 0;
  if (!is_asked) return true;
  const std::optional<std::string> answer = console.Ask(question + " [y/N]");
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace descent
