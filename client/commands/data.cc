#include <memory>

#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/worker_answer.h"

namespace descent {
namespace {

struct InspectFlags {
  std::string file;
  std::string job_file;
  std::vector<std::string> overrides;
};

ExitCode Print(const Result<WorkerAnswer>& answer, const std::string& subject, Console& console) {
  if (!answer.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console, answer.status());
  if (!answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, subject);
  console.Data(answer.value().output);
  return ExitCode::kDone;
}

ExitCode Inspect(const InspectFlags& flags, Console& console) {
  if (flags.file.empty() == flags.job_file.empty()) {
    console.Error("inspect needs a FILE of data, or --job JOBFILE");
    return ExitCode::kUsage;
  }
  CatchInterrupts();
  if (!flags.file.empty())
    return Print(AskWorker("--inspect-file", flags.file), flags.file, console);
  const auto loaded = LoadJobFile(console, flags.job_file, flags.overrides);
  if (!loaded.ok()) return loaded.error().exit_code;
  return Print(AskWorker(loaded.value().spec, "--inspect-data", {}), flags.job_file, console);
}

}  // namespace

void AddData(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("data", "Look at data, and prepare them");
  group->require_subcommand(1);
  CLI::App* inspect = group->add_subcommand(
      "inspect", "Tell what a file, or the data of a job, holds, and what is wrong with it");
  const auto flags = std::make_shared<InspectFlags>();
  inspect->add_option("file", flags->file,
                      "A table, arrays, IDX, tokens or an image, by its ending");
  inspect->add_option("--job", flags->job_file, "Job file: its data, as a model would get them");
  AddSetOption(*inspect, flags->overrides);
  line.OnChosen(inspect, [flags](Console& console) { return Inspect(*flags, console); });
  AddDataTokenize(*group, line);
}

}  // namespace descent
