#include "client/commands/command.h"
#include "common/version.h"

namespace descent {
namespace {

constexpr char kExitCodes[] =
    "  0  done\n"
    "  1  any other error\n"
    "  2  wrong usage, or an invalid spec or invalid data; nothing was trained\n"
    "  3  the job FAILED\n"
    "  4  not signed in, or not permitted\n"
    "  5  not found\n"
    "  6  conflict, or the state forbids it\n"
    "  7  the coordinator cannot be reached\n"
    "  8  the job was CANCELLED\n"
    " 75  preempted, please requeue (descent-worker, descent launch)\n"
    "124  --timeout ran out\n"
    "130  Ctrl-C: detached, the job goes on\n";

}  // namespace

void AddHelp(CLI::App& app, CommandLine& line) {
  CLI::App* help = app.add_subcommand("help", "More about one topic: exit-codes");
  help->require_subcommand(0, 1);
  CLI::App* exit_codes = help->add_subcommand("exit-codes", "What the exit codes mean");
  line.OnChosen(exit_codes, [](Console& console) {
    console.Data(kExitCodes);
    return ExitCode::kDone;
  });
  line.OnChosen(help, [&app, exit_codes](Console& console) {
    // The help of a parsed command stands for the program's own otherwise.
    if (!exit_codes->parsed())
      console.Data(app.get_formatter()->make_help(&app, "descent", CLI::AppFormatMode::Normal));
    return ExitCode::kDone;
  });

  CLI::App* version = app.add_subcommand("version", "Print the version");
  line.OnChosen(version, [&line](Console& console) {
    if (line.WantsDocument())
      console.Document(std::string("{\"version\":\"") + kVersion + "\"}");
    else
      console.Data(std::string("descent ") + kVersion + "\n");
    return ExitCode::kDone;
  });
}

}  // namespace descent
