#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/api/metric_client.h"
#include "client/commands/command.h"
#include "client/interrupt.h"
#include "client/local_cluster.h"
#include "client/replay.h"
#include "client/worker_answer.h"
#include "common/limits.h"

namespace descent {
namespace {

struct ReplayFlags {
  std::string job;
  std::int64_t step = 0;
  std::string state_directory = DefaultStateDirectory();
  bool is_state_directory_named = false;
};

ApiError Refuse(ExitCode exit_code, std::string message) {
  return {.exit_code = exit_code, .reason = "", .message = std::move(message)};
}

// Loss and gradient norm of the step, or that it was not finite.
std::optional<ApiError> ReadMetrics(const Endpoint& endpoint, const std::string& job,
                                    RecordedStep& recorded) {
  return MetricClient(endpoint).Follow(
      {.job = job,
       .names = {"train/loss", "train/grad_norm", "train/nonfinite_steps"},
       .first_step = recorded.step},
      [&](const MetricSeriesList& news) {
        bool is_beyond = false;
        for (const MetricSeriesView& curve : news.series)
          for (const MetricPointView& point : curve.points) {
            is_beyond |= point.step > recorded.step;
            if (point.step != recorded.step) continue;
            if (curve.name == "train/nonfinite_steps") {
              recorded.is_nonfinite = true;
              continue;
            }
            (curve.name == "train/loss" ? recorded.loss : recorded.grad_norm) = point.value;
          }
        const bool is_known = recorded.is_nonfinite || (recorded.loss && recorded.grad_norm);
        return !is_beyond && !is_known;
      });
}

// The newest of the job's before the step, or else the one that the job began from.
Reply<CheckpointView> FindStart(Client& client, const JobView& job, RecordedStep& recorded) {
  const auto checkpoints = client.ListCheckpoints(job.id);
  if (!checkpoints.ok()) return checkpoints.error();
  std::optional<CheckpointView> newest;
  for (const CheckpointView& checkpoint : checkpoints.value()) {
    if (checkpoint.step == recorded.step) recorded.state_digest = checkpoint.state_digest;
    if (checkpoint.step < recorded.step && (!newest || checkpoint.step > newest->step))
      newest = checkpoint;
  }
  if (newest) return *newest;
  if (job.forked_from.empty()) return CheckpointView();
  const std::string source =
      JobIdOf(job.forked_from.substr(0, job.forked_from.rfind("/checkpoints/")));
  const auto others = client.ListCheckpoints(source);
  if (!others.ok()) return others.error();
  const auto origin = std::ranges::find(others.value(), job.forked_from, &CheckpointView::name);
  if (origin != others.value().end() && origin->step < recorded.step) return *origin;
  return Refuse(ExitCode::kNotFound,
                fmt::format("{} has no checkpoint before step {}, and {}, which it began from, is "
                            "no longer there or not before it",
                            job.id, recorded.step, job.forked_from));
}

std::optional<ApiError> FindObstacle(const JobView& job, std::int64_t step) {
  if (step > job.progress.step)
    return Refuse(ExitCode::kConflict, fmt::format("{} has done {} steps so far, and not {}",
                                                   job.id, job.progress.step, step));
  if (job.spec.reduction == ReductionKind::kFastest)
    return Refuse(ExitCode::kConflict,
                  fmt::format("{} has reduction: fastest, whose bits depend on the number of "
                              "workers: its steps cannot be computed again by one",
                              job.id));
  return std::nullopt;
}

Reply<RecordedStep> ReadRecord(const Endpoint& endpoint, const std::string& id, std::int64_t step) {
  Client client(endpoint);
  const auto job = client.GetJob(id);
  if (!job.ok()) return job.error();
  if (const auto obstacle = FindObstacle(job.value(), step)) return *obstacle;
  RecordedStep recorded{.job = job.value().id,
                        .step = step,
                        .spec = job.value().spec,
                        .instruction_set = job.value().instruction_set,
                        .worker_version = job.value().provenance.worker_version,
                        .dataset_fingerprint = job.value().provenance.dataset_fingerprint};
  if (job.value().IsTerminal() && step == job.value().progress.step)
    recorded.state_digest = job.value().state_digest;
  const auto start = FindStart(client, job.value(), recorded);
  if (!start.ok()) return start.error();
  recorded.start_checkpoint = start.value().directory;
  for (const VerifiedStepView& verified : job.value().verified_steps)
    if (verified.step == step) recorded.parameters_digest = verified.parameters_digest;
  const auto attempts = client.ListJobAttempts(id);
  if (!attempts.ok()) return attempts.error();
  recorded.attempts = attempts.value();
  if (const auto error = ReadMetrics(endpoint, id, recorded)) return *error;
  return recorded;
}

// From the coordinator, or where none runs and none is named from one that lives for the question.
Reply<RecordedStep> FindRecord(const ReplayFlags& flags, const GlobalFlags& global) {
  const std::string id = JobIdOf(flags.job);
  if (!flags.is_state_directory_named) {
    const auto found = ReadRecord(global.endpoint, id, flags.step);
    const bool may_be_stopped =
        !found.ok() && !global.is_server_named && found.error().exit_code == ExitCode::kUnreachable;
    if (!may_be_stopped) return found;
  }
  const auto cluster = LocalCluster::Start(std::filesystem::absolute(flags.state_directory));
  if (!cluster.ok())
    return Refuse(InterruptCount() > 0 ? ExitCode::kJobCancelled : ExitCode::kError,
                  cluster.status().message());
  return ReadRecord(Endpoint{cluster.value()->addresses().user}, id, flags.step);
}

ExitCode Replay(const ReplayFlags& flags, const CommandLine& line, Console& console) {
  CatchInterrupts();
  const auto recorded = FindRecord(flags, line.flags());
  if (!recorded.ok()) return Report(console, recorded.error());
  std::vector<std::string> arguments = {"--replay-step", std::to_string(flags.step), "--isa",
                                        recorded.value().instruction_set};
  if (!recorded.value().start_checkpoint.empty())
    arguments.insert(arguments.end(), {"--replay-checkpoint", recorded.value().start_checkpoint});
  const Result<WorkerAnswer> answer = AskWorker(recorded.value().spec, "--replay", arguments);
  if (!answer.ok())
    return InterruptCount() > 0 ? ExitCode::kInterrupted : Report(console, answer.status());
  if (!answer.value().problems.empty())
    return ReportDataProblems(console, answer.value().problems, recorded.value().job);
  const Result<ReplayedStep> replayed = ReadReplayedStep(answer.value().output);
  if (!replayed.ok()) return Report(console, replayed.status());
  const StepComparison comparison = Compare(recorded.value(), replayed.value());
  if (line.WantsDocument()) {
    console.Document(ToJson(comparison));
  } else {
    console.Data(ComparisonText(comparison));
  }
  return comparison.is_equal() ? ExitCode::kDone : ExitCode::kError;
}

}  // namespace

void AddJobReplay(CLI::App& group, CommandLine& line) {
  CLI::App* command = group.add_subcommand(
      "replay", "Compute a step of a job again, and compare it with what was recorded");
  const auto flags = std::make_shared<ReplayFlags>();
  command->add_option("job", flags->job, "Name of the job")->required();
  command->add_option("--step", flags->step, "The step, from 1: as metrics and checkpoints count")
      ->required()
      ->check(CLI::Range(std::int64_t{1}, limits::kStepsMax));
  command
      ->add_option_function<std::string>(
          "--state-dir",
          [flags](const std::string& directory) {
            flags->state_directory = directory;
            flags->is_state_directory_named = true;
          },
          "Where to look for the job if no coordinator is running")
      ->default_str(flags->state_directory);
  line.OnChosen(command,
                [&line, flags](Console& console) { return Replay(*flags, line, console); });
}

}  // namespace descent
