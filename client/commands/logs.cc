#include <spdlog/fmt/fmt.h>

#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "client/api/log_client.h"
#include "client/commands/command.h"
#include "client/render/log_text.h"
#include "common/option_number.h"

namespace descent {
namespace {

constexpr int kJobsMax = 100;  // those that are followed take a stream and a thread each

struct LogArguments {
  std::vector<std::string> names;
  LogSelection selection;  // of which job is left open
  std::string severity = "debug";
  std::vector<std::string> sources;  // none: all
  int tail = -1;
};

LogSelection SelectionOf(const LogArguments& arguments, const std::string& job) {
  LogSelection selection = arguments.selection;
  selection.job = job;
  selection.severity_min = SeverityFromName(arguments.severity).value();
  for (const std::string& source : arguments.sources)
    selection.sources.insert(LogSourceFromName(source).value());
  if (arguments.tail >= 0) selection.tail = arguments.tail;
  return selection;
}

// Prints the logs of one job or several; of several each line names its job. Several threads may
// read at once.
class LogPrinter {
 public:
  LogPrinter(const CommandLine& line, const LogArguments& arguments, Console& console)
      : line_(line), arguments_(arguments), console_(console) {}

  // Blocks until all of one job is read.
  void Read(const std::string& name) {
    const std::string job = JobIdOf(name);
    const LogClient::Events events{
        .on_lines = [&](const LogLines& lines) { Print(job, lines); },
        .on_connection =
            [&](bool is_connected) {
              Say(job, is_connected ? "the coordinator is back"
                                    : "the coordinator is away; waiting for it");
            },
        .on_gap =
            [&] { Say(job, "older lines are gone, the log goes on with the oldest that is kept"); },
    };
    const auto error = LogClient(line_.flags().endpoint).Read(SelectionOf(arguments_, job), events);
    const std::lock_guard lock(mutex_);
    if (error) exit_code_ = Report(console_, *error);
  }

  // Once all are read.
  ExitCode exit_code() const { return exit_code_; }

 private:
  bool AreSeveral() const { return arguments_.names.size() > 1; }

  void Print(const std::string& job, const LogLines& lines) {
    const std::lock_guard lock(mutex_);
    if (!line_.WantsDocument())
      return console_.Data(LogText(lines.lines, AreSeveral() ? job + "  " : ""));
    for (const std::string& json : lines.json)
      console_.Document(AreSeveral() ? fmt::format("{{\"job\":\"jobs/{}\",{}", job, json.substr(1))
                                     : json);
  }

  void Say(const std::string& job, std::string_view text) {
    const std::lock_guard lock(mutex_);
    console_.Say(AreSeveral() ? fmt::format("{}: {}", job, text) : std::string(text));
  }

  const CommandLine& line_;
  const LogArguments& arguments_;
  Console& console_;
  std::mutex mutex_;  // guards the console and the following
  ExitCode exit_code_ = ExitCode::kDone;
};

ExitCode Logs(const CommandLine& line, const LogArguments& arguments, Console& console) {
  LogPrinter printer(line, arguments, console);
  std::vector<std::jthread> followers;
  for (const std::string& name : arguments.names) {
    if (arguments.selection.follows)
      followers.emplace_back([&printer, name] { printer.Read(name); });
    else
      printer.Read(name);
  }
  for (std::jthread& follower : followers) follower.join();
  return printer.exit_code();
}

}  // namespace

void AddLogs(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("logs", "What the ranks of jobs logged");
  const auto arguments = std::make_shared<LogArguments>();
  LogSelection& selection = arguments->selection;
  command->add_option("jobs", arguments->names, "Names of the jobs")
      ->required()
      ->expected(1, kJobsMax);
  command->add_flag("-f,--follow", selection.follows, "Print new lines until the jobs are over");
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
  command
      ->add_option("--source", arguments->sources,
                   "Only what the worker logged, or what its process wrote: stdout,stderr")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"log", "stdout", "stderr"}));
  command->add_option("--grep", selection.contains, "Only lines with this text, to the letter");
  line.OnChosen(command,
                [&line, arguments](Console& console) { return Logs(line, *arguments, console); });
}

}  // namespace descent
