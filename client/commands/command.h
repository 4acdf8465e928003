#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/api/client.h"
#include "client/config_file.h"
#include "client/exit_code.h"
#include "client/render/console.h"
#include "client/render/table.h"
#include "common/clock.h"
#include "common/status.h"
#include "proto/job_file.h"

namespace descent {

// Flags of every command, accepted before and after its name.
struct GlobalFlags {
  Endpoint endpoint{"127.0.0.1:9090"};  // with the credentials once a command runs
  bool is_server_named = false;         // by the user: here, in the environment, in a file
  std::string output = "table";         // | wide | json | jsonl | yaml | name
  bool is_json = false;
  bool is_quiet = false;
  bool is_verbose = false;
  bool has_no_color = false;
  bool has_no_input = false;  // nobody is there to answer questions
  bool is_confirmed = false;  // every question is answered with yes
};

// Whether a command can answer with names alone, a line each.
enum class NameForm { kNone, kHas };

// One run of the program: the flags, and the exit code that the chosen command leaves.
class CommandLine {
 public:
  explicit CommandLine(CLI::App& app);

  // `run` is called once everything is parsed, if the user chose `command`.
  void OnChosen(CLI::App* command, std::function<ExitCode(Console&)> run,
                NameForm names = NameForm::kNone);

  const GlobalFlags& flags() const { return flags_; }
  bool WantsNames() const { return !flags_.is_json && flags_.output == "name"; }
  // Console::Document is then what to answer with.
  bool WantsDocument() const {
    return flags_.is_json || flags_.output == "json" || flags_.output == "jsonl" ||
           flags_.output == "yaml";
  }
  TableWidth Width() const {
    return flags_.output == "wide" ? TableWidth::kWide : TableWidth::kNormal;
  }
  ExitCode exit_code() const { return exit_code_; }

 private:
  // An option whose default may stand in the config file.
  struct Configured {
    const char* key;
    const CLI::Option* option;
    std::string* value;
  };

  DocumentForm Form() const;
  // Without a value the command may run; otherwise everything is told.
  std::optional<ExitCode> Prepare(Console& console);
  std::optional<ExitCode> ApplyConfigFile(Console& console);
  void UseConfig(const ConfigFile& config);

  GlobalFlags flags_;
  CredentialFiles credential_files_;
  const CLI::Option* server_option_ = nullptr;
  std::vector<Configured> configured_;
  ExitCode exit_code_ = ExitCode::kDone;
};

// All commands, with their manual, in the order in which --help lists them.
void AddEveryCommand(CLI::App& app, CommandLine& line);

// Each adds one command of its own file.
void AddRun(CLI::App& app, CommandLine& line);
void AddSubmit(CLI::App& app, CommandLine& line);
void AddFork(CLI::App& app, CommandLine& line);
void AddJob(CLI::App& app, CommandLine& line);  // init, schema
void AddExplain(CLI::App& app, CommandLine& line);
void AddPlan(CLI::App& app, CommandLine& line);
void AddLs(CLI::App& app, CommandLine& line);
void AddDescribe(CLI::App& app, CommandLine& line);
void AddWatch(CLI::App& app, CommandLine& line);
void AddWait(CLI::App& app, CommandLine& line);
void AddControl(CLI::App& app, CommandLine& line);  // suspend, resume, stop, cancel
void AddUpdate(CLI::App& app, CommandLine& line);
void AddDelete(CLI::App& app, CommandLine& line);
void AddEvents(CLI::App& app, CommandLine& line);
void AddAttempts(CLI::App& app, CommandLine& line);
void AddLogs(CLI::App& app, CommandLine& line);
void AddMetrics(CLI::App& app, CommandLine& line);
void AddCheckpoint(CLI::App& app, CommandLine& line);
void AddCheckpointControl(CLI::App& group, CommandLine& line);  // of checkpoint
void AddCheckpointExport(CLI::App& group, CommandLine& line);   // of checkpoint
void AddData(CLI::App& app, CommandLine& line);
void AddDataTokenize(CLI::App& group, CommandLine& line);  // of data
void AddGenerate(CLI::App& app, CommandLine& line);
void AddPredict(CLI::App& app, CommandLine& line);
void AddLaunch(CLI::App& app, CommandLine& line);
void AddDoctor(CLI::App& app, CommandLine& line);
void AddCompletion(CLI::App& app, CommandLine& line);
void AddWorker(CLI::App& app, CommandLine& line);
void AddPool(CLI::App& app, CommandLine& line);
void AddServer(CLI::App& app, CommandLine& line);
void AddDashboard(CLI::App& app, CommandLine& line);
void AddToken(CLI::App& app, CommandLine& line);  // and whoami
void AddHelp(CLI::App& app, CommandLine& line);   // and version

// --- What several commands need ------------------------------------------------------------------

// --set, any number of times.
void AddSetOption(CLI::App& command, std::vector<std::string>& overrides);

// --timeout, of a command that waits.
CLI::Option* AddTimeoutOption(CLI::App& command, std::optional<double>& seconds);

// Such a time: "0.5s", "90s", "2h00m".
std::string TimeoutText(double seconds);

// Tells the user about a failed call; the exit code to leave with.
ExitCode Report(Console& console, const ApiError& error);
ExitCode Report(Console& console, const Status& status);

// The same for a refused spec: every violation with its line in `file_name`.
ExitCode ReportSpecError(Console& console, const ApiError& error, const JobFile& file,
                         const std::string& file_name);

// The same for data that the worker program refuses, a sentence for each problem.
ExitCode ReportDataProblems(Console& console, const std::vector<std::string>& sentences,
                            const std::string& subject);

// Tells the user that --workers is more than the job can have, if so.
std::optional<ExitCode> RefuseRanks(Console& console, const JobSpec& spec, int ranks);

// What else is wrong with a spec, by others than the file.
using FindViolations = std::function<std::vector<Violation>(const JobSpec& spec)>;

// Reads FILE ("-" is stdin) with its overrides, or tells every problem of it, and of one that has
// any also what `find_more` finds. Without a value, the exit code to leave with is in the error.
Reply<JobFile> LoadJobFile(Console& console, const std::string& file_name,
                           const std::vector<std::string>& overrides,
                           const FindViolations& find_more = {});

// "stdin" for "-".
std::string ShownFileName(const std::string& file_name);

// "jobs/x" and "job/x" name the job x as well.
std::string JobIdOf(std::string_view argument);

// "JOB/STEP", "JOB/step-STEP", "JOB/latest" or "JOB/best" as "jobs/JOB/checkpoints/STEP".
Reply<std::string> CheckpointNameOf(std::string_view argument);

// The same; "JOB" alone is its latest.
Reply<std::string> CheckpointOrLatestNameOf(std::string_view argument);

std::string RandomRequestId();

// Of the live page: "http://127.0.0.1:8080".
std::string PageAddress(const Endpoint& endpoint, const ClusterView& cluster);

// `[a, b]` of values that are JSON already.
template <typename Views>
std::string JsonList(const Views& views) {
  std::string json = "[";
  for (const auto& view : views) json += (json.size() > 1 ? "," : "") + view.json;
  return json + "]\n";
}

// The document of each thing that was asked for: of one as it is, of several as a list.
void PrintDocuments(Console& console, const std::vector<std::string>& documents,
                    std::size_t asked_for);

// Follows the job and leaves with its outcome. Ctrl-C, the key q of a terminal, and the end of the
// time detach and say that the job goes on.
ExitCode WatchToEnd(const CommandLine& line, Client& client, Console& console, const JobView& job,
                    const std::optional<double>& timeout_seconds);

}  // namespace descent
