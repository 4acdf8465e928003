#include <memory>

#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/render/explanation_text.h"
#include "client/worker_answer.h"

namespace descent {
namespace {

struct ExplainFlags {
  std::string file;
  int workers = 0;  // 0: workers.max of the file
  std::vector<std::string> overrides;
  bool wants_all_steps = false;
};

ExitCode PrintExplanation(const Result<std::string>& text, Console& console) {
  if (!text.ok()) return Report(console, text.status());
  console.Data(text.value());
  return ExitCode::kDone;
}

ExitCode Explain(const ExplainFlags& flags, bool wants_document, Console& console) {
  const auto loaded = LoadJobFile(console, flags.file, flags.overrides);
  if (!loaded.ok()) return loaded.error().exit_code;
  const JobSpec& spec = loaded.value().spec;
  const int ranks = flags.workers > 0 ? flags.workers : spec.workers.max;
  if (const auto refused = RefuseRanks(console, spec, ranks)) return *refused;

  CatchInterrupts();
  const Result<WorkerAnswer> answer =
      AskWorker(spec, "--explain", {"--explain-workers", std::to_string(ranks)});
  if (!answer.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console, answer.status());
  if (!answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, flags.file);
  if (wants_document) {
    console.Document(answer.value().output);
    return ExitCode::kDone;
  }
  const auto steps = flags.wants_all_steps ? ExplainedSteps::kAll : ExplainedSteps::kByOp;
  return PrintExplanation(ExplanationText(answer.value().output, spec, steps), console);
}

}  // namespace

void AddExplain(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "explain", "Show what a job is compiled to: memory, arithmetic, predicted step time");
  const auto flags = std::make_shared<ExplainFlags>();
  command->add_option("file", flags->file, "Job file; - is stdin")->required();
  command->add_option("--workers", flags->workers, "Workers of a run [workers.max of the file]")
      ->check(CLI::Range(1, 4096));
  AddSetOption(*command, flags->overrides);
  command->add_flag("--steps", flags->wants_all_steps, "List every step of the plans as well");
  line.OnChosen(command, [&line, flags](Console& console) {
    return Explain(*flags, line.WantsDocument(), console);
  });
}

}  // namespace descent
