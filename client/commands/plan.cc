#include <spdlog/fmt/fmt.h>

#include <memory>

#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/plan_request.h"
#include "client/render/scaling_text.h"
#include "client/worker_answer.h"
#include "common/limits.h"
#include "common/option_number.h"

namespace descent {
namespace {

constexpr int kWorkersMax = static_cast<int>(limits::kLogicalWorkersMax);

struct PlanFlags {
  std::string file;
  std::string workers = "8..4096";
  std::string network;
  int ranks_per_host = 1;
  bool is_weak = false;
  std::vector<std::string> overrides;
};

Result<std::vector<std::string>> WorkerArguments(const PlanFlags& flags) {
  DESCENT_ASSIGN(const NetworkFlag network, ParseNetwork(flags.network));
  DESCENT_ASSIGN(const std::vector<int> counts, ParseWorkerCounts(flags.workers, kWorkersMax));
  std::vector<std::string> arguments = {
      "--scale-bandwidth",      fmt::format("{}", network.bytes_per_second),
      "--scale-latency",        fmt::format("{}", network.message_seconds),
      "--scale-ranks-per-host", std::to_string(flags.ranks_per_host)};
  if (flags.is_weak) arguments.emplace_back("--scale-weak");
  arguments.emplace_back("--scale-workers");
  for (const int count : counts) arguments.push_back(std::to_string(count));
  return arguments;
}

ExitCode Plan(const PlanFlags& flags, bool wants_document, Console& console) {
  const Result<std::vector<std::string>> arguments = WorkerArguments(flags);
  if (!arguments.ok()) {
    Report(console, arguments.status());
    return ExitCode::kUsage;
  }
  const auto loaded = LoadJobFile(console, flags.file, flags.overrides);
  if (!loaded.ok()) return loaded.error().exit_code;

  CatchInterrupts();
  const Result<WorkerAnswer> answer = AskWorker(loaded.value().spec, "--scale", arguments.value());
  if (!answer.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console, answer.status());
  if (!answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, flags.file);
  if (wants_document) {
    console.Document(answer.value().output);
    return ExitCode::kDone;
  }
  const Result<std::string> text = ScalingText(answer.value().output);
  if (!text.ok()) return Report(console, text.status());
  console.Data(text.value());
  return ExitCode::kDone;
}

}  // namespace

void AddPlan(CLI::App& app, CommandLine& line) {
  CLI::App* command =
      app.add_subcommand("plan", "Predict step time and efficiency on many workers over a network");
  const auto flags = std::make_shared<PlanFlags>();
  command->add_option("file", flags->file, "Job file; - is stdin")->required();
  command
      ->add_option("--workers", flags->workers,
                   "How many: 8..4096 doubles from the first to the last; or 1,2,4")
      ->capture_default_str();
  command
      ->add_option("--network", flags->network,
                   "Rate of a host's link and what a message takes besides: 25Gbit,10us")
      ->required();
  command->add_option("--ranks-per-host", flags->ranks_per_host, "Workers that share a link")
      ->check(PositiveNumber())
      ->capture_default_str();
  command->add_flag("--weak", flags->is_weak,
                    "Each worker keeps its samples, so the batch grows with the workers");
  AddSetOption(*command, flags->overrides);
  line.OnChosen(command, [&line, flags](Console& console) {
    return Plan(*flags, line.WantsDocument(), console);
  });
}

}  // namespace descent
