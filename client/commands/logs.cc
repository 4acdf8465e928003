#include <memory>

#include "client/api/log_client.h"
#include "client/commands/command.h"
#include "client/render/log_text.h"
#include "common/option_number.h"

namespace descent {
namespace {

struct LogArguments {
  LogSelection selection;
  std::string severity = "debug";
  int tail = -1;
};

LogSelection SelectionOf(const LogArguments& arguments) {
  LogSelection selection = arguments.selection;
  selection.job = JobIdOf(selection.job);
  selection.severity_min = SeverityFromName(arguments.severity).value();
  if (arguments.tail >= 0) selection.tail = arguments.tail;
  return selection;
}

ExitCode Logs(const CommandLine& line, const LogArguments& arguments, Console& console) {
  const LogClient::Events events{
      .on_lines =
          [&](const LogLines& lines) {
            if (!line.WantsDocument()) return console.Data(LogText(lines.lines));
            for (const std::string& json : lines.json) console.Document(json);
          },
      .on_connection =
          [&](bool is_connected) {
            console.Say(is_connected ? "the coordinator is back"
                                     : "the coordinator is away; waiting for it");
          },
      .on_gap =
          [&] {
            console.Say("older lines are gone, the log goes on with the oldest that is kept");
          },
  };
  const auto error = LogClient(line.flags().endpoint).Read(SelectionOf(arguments), events);
  return error ? Report(console, *error) : ExitCode::kDone;
}

}  // namespace

void AddLogs(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("logs", "What the ranks of a job logged");
  const auto arguments = std::make_shared<LogArguments>();
  LogSelection& selection = arguments->selection;
  command->add_option("job", selection.job, "Name of the job")->required();
  command->add_flag("-f,--follow", selection.follows, "Print new lines until the job is over");
  command->add_option("--rank", selection.ranks, "Only these ranks: 2,3")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(NonNegativeNumber());
  command->add_option("--attempt", selection.attempt, "Only this attempt, from 1")
      ->check(PositiveNumber());
  command->add_option("--tail", arguments->tail, "Only the last so many of the lines so far")
      ->check(CLI::Range(0, limits::kLogTailMax));
  command->add_option("--severity", arguments->severity, "Only this severity and above")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  command->add_option("--grep", selection.contains, "Only lines with this text, to the letter");
  line.OnChosen(command,
                [&line, arguments](Console& console) { return Logs(line, *arguments, console); });
}

}  // namespace descent
