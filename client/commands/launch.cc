#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "client/commands/command.h"
#include "common/child_process.h"

namespace descent {
namespace {

// This process becomes descent-launch, which knows its own options: whoever started it waits for,
// signals and reads the launcher itself.
ExitCode Launch(const std::vector<std::string>& options, Console& console) {
  const Result<std::filesystem::path> program = ProgramBeside("descent-launch");
  if (!program.ok()) return Report(console, program.status());
  std::vector<std::string> arguments = {program.value().string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  execv(pointers[0], pointers.data());
  return Report(console, Status(Code::kUnavailable,
                                "cannot run " + arguments[0] + ": " + std::strerror(errno)));
}

}  // namespace

void AddLaunch(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "launch",
      "Start a pool of workers and keep it up: -n N --coordinator HOST:PORT [--hosts FILE] "
      "[--job JOB: until that is over] [-- OPTIONS OF mpirun]");
  command->prefix_command()->fallthrough(false);
  command->set_help_flag();
  line.OnChosen(command,
                [command](Console& console) { return Launch(command->remaining(), console); });
}

}  // namespace descent
