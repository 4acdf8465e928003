#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/render/scale_text.h"
#include "client/worker_answer.h"
#include "common/option_number.h"

namespace descent {
namespace {

constexpr std::int64_t kWorkersMax = 1'000'000;

struct PlanFlags {
  std::string file;
  std::vector<std::string> overrides;
  std::string workers = "1..64";
  double network = 10;  // Gbit/s
  double latency = 50;  // microseconds
};

std::optional<std::int64_t> ParseCount(std::string_view text) {
  std::int64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  const bool is_count =
      parsed.ec == std::errc() && parsed.ptr == end && count >= 1 && count <= kWorkersMax;
  return is_count ? std::optional(count) : std::nullopt;
}

// "8..4096", or "8" alone.
std::optional<std::vector<std::int64_t>> ParseWorkers(std::string_view text) {
  constexpr std::string_view kTo = "..";
  const std::size_t at = text.find(kTo);
  const auto first = ParseCount(text.substr(0, at));
  const auto last = at == std::string_view::npos ? first : ParseCount(text.substr(at + kTo.size()));
  if (!first || !last || *first > *last) return std::nullopt;
  return WorkerCounts(*first, *last);
}

ExitCode Plan(const PlanFlags& flags, bool wants_document, Console& console) {
  const auto counts = ParseWorkers(flags.workers);
  if (!counts) {
    console.Error(fmt::format("--workers: {}, must be N or FIRST..LAST, of 1 to {}", flags.workers,
                              kWorkersMax));
    return ExitCode::kUsage;
  }
  const auto loaded = LoadJobFile(console, flags.file, flags.overrides);
  if (!loaded.ok()) return loaded.error().exit_code;
  const JobSpec& spec = loaded.value().spec;
  CatchInterrupts();
  const Result<WorkerAnswer> answer = AskWorker(spec, "--explain", {"--explain-workers", "1"});
  if (!answer.ok())
    return InterruptCount() > 0 ? ExitCode::kJobCancelled : Report(console, answer.status());
  if (!answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, flags.file);
  const Result<StepCosts> costs = ReadStepCosts(answer.value().output, spec);
  if (!costs.ok()) return Report(console, costs.status());
  const NetworkRates network{.bytes_per_second = flags.network * 1e9 / 8,
                             .latency_seconds = flags.latency * 1e-6};
  if (wants_document)
    console.Document(ScaleJson(costs.value(), network, *counts));
  else
    console.Data(ScaleText(costs.value(), network, *counts));
  return ExitCode::kDone;
}

}  // namespace

void AddPlan(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand(
      "plan", "Predict the step time and the efficiency of a job on many workers");
  const auto flags = std::make_shared<PlanFlags>();
  command->add_option("file", flags->file, "Job file; - is stdin")->required();
  command
      ->add_option("--workers", flags->workers, "Numbers of workers: 8..4096, each twice the last")
      ->capture_default_str();
  command->add_option("--network", flags->network, "Gbit/s of each machine")
      ->check(PositiveNumber())
      ->capture_default_str();
  command->add_option("--latency", flags->latency, "Microseconds of a message")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  AddSetOption(*command, flags->overrides);
  line.OnChosen(command, [&line, flags](Console& console) {
    return Plan(*flags, line.WantsDocument(), console);
  });
}

}  // namespace descent
