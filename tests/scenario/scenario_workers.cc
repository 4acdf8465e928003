// Scenario's part that makes workers say something.
#include <spdlog/fmt/fmt.h>

#include <utility>

#include "common/check.h"
#include "tests/scenario/scenario.h"

namespace descent {
namespace {

Digest TestDigest(long long value) { return {.low = static_cast<std::uint64_t>(value)}; }

// leaving="SIGTERM"
std::optional<std::string> LeavingOf(const Command& command) {
  const std::string reason = command.Option("leaving", "");
  return reason.empty() ? std::nullopt : std::optional(reason);
}

EndOutcome ParseOutcome(const std::string& text) {
  if (text == "completed") return EndOutcome::kCompleted;
  if (text == "stopped") return EndOutcome::kStopped;
  if (text == "stopped-early") return EndOutcome::kStoppedEarly;
  DESCENT_CHECK(text == "failed");
  return EndOutcome::kFailed;
}

}  // namespace

std::vector<std::string> Scenario::Say(const std::string& worker, WorkerMessage message) {
  return Post(WorkerSaid{.session = workers_.at(worker).session, .message = std::move(message)});
}

// A message with its job and generation.
template <typename Message>
Message Scenario::About(const Command& command, const std::string& worker) const {
  const Assign& assign = workers_.at(worker).assign;
  Message message;
  message.job = command.Option("job", assign.job);
  message.generation = command.Number("generation", assign.generation);
  return message;
}

std::vector<std::string> Scenario::RunRegister(const Command& command) {
  Lines lines;
  int world_rank = static_cast<int>(command.Number("rank", 0));
  const int count = static_cast<int>(command.arguments.size());
  for (const std::string& name : command.arguments) {
    names_[++last_session_] = name;
    workers_[name] = {.session = last_session_};
    std::optional<HeldAssignment> held;
    if (!command.Option("holds", "").empty()) {
      held = {.job = command.Option("holds", ""),
              .generation = command.Number("generation", 1),
              .step = command.Number("step", 0),
              .granted = {}};
      if (!command.Option("granted", "").empty()) held->granted = command.Number("granted", 0);
      workers_[name].assign.job = held->job;
      workers_[name].assign.generation = held->generation;
      workers_[name].heartbeat = {
          .job = held->job, .generation = held->generation, .phase = "compute"};
    }
    Append(lines, Say(name, Register{.pool = command.Option("pool", "p"),
                                     .world_rank = world_rank,
                                     .world_size = static_cast<int>(command.Number("of", count)),
                                     .host = command.Option("host", "h"),
                                     .pid = command.Number("pid", 100 + world_rank),
                                     .instruction_set = command.Option("isa", "avx2"),
                                     .held = held,
                                     .leaving = LeavingOf(command),
                                     .only_job = command.Option("only_job", "")}));
    ++world_rank;
  }
  return lines;
}

std::vector<std::string> Scenario::RunForEachWorker(const Command& command) {
  Lines lines;
  std::vector<std::string> names = command.arguments;
  if (command.verb == "ended") names.pop_back();  // the outcome
  for (const std::string& name : names) {
    if (command.verb != "gone") {
      Append(lines, Say(name, MessageOf(command, name)));
      continue;
    }
    const SessionId session = workers_.extract(name).mapped().session;
    Append(lines, Post(WorkerGone{.session = session,
                                  .reason = command.Option("reason", "its stream closed")}));
  }
  return lines;
}

WorkerMessage Scenario::MessageOf(const Command& command, const std::string& worker) {
  if (command.verb == "prepared") return PreparedOf(command, worker);
  if (command.verb == "ended") return EndedOf(command, worker);
  if (command.verb == "goodbye") return Goodbye{.reason = command.Option("reason", "")};
  const std::int64_t step = command.Number("step", 0);
  if (command.verb == "heartbeat") {
    auto message = About<Heartbeat>(command, worker);
    message.step = step;
    message.phase = command.Option("phase", "compute");
    message.progress = {.moves = command.Number("moves", 0),
                        .calls = command.Number("calls", 0),
                        .is_in_call = command.Option("in_call", "no") == "yes",
                        .bucket = command.Number("bucket", -1),
                        .is_saving = command.Option("saving", "no") == "yes"};
    workers_.at(worker).heartbeat = message;
    return message;
  }
  if (command.verb == "evaluated") {
    auto message = About<EvaluationReport>(command, worker);
    message.step = step;
    for (const EvaluationMetric metric : kAllEvaluationMetrics) {
      const std::string otherwise = metric == EvaluationMetric::kLoss       ? "1"
                                    : metric == EvaluationMetric::kAccuracy ? "0"
                                                                            : "";
      const std::string value = command.Option(std::string(MetricName(metric)), otherwise);
      if (!value.empty()) message.values[metric] = std::stod(value);
    }
    if (command.Option("split", "validation") == "test") message.split = EvaluationSplit::kTest;
    return message;
  }
  if (command.verb == "skipped") {
    auto message = About<CheckpointSkipped>(command, worker);
    message.step = step;
    message.message = command.Option("message", "");
    message.request = command.Number("request", 0);
    return message;
  }
  DESCENT_CHECK(command.verb == "saved");
  auto message = About<CheckpointWritten>(command, worker);
  message.step = step;
  message.directory = fmt::format(
      "{}/step-{}", command.Option("directory", state_->CheckpointDirectoryOf(message.job)), step);
  message.state_digest = TestDigest(command.Number("state", step));
  message.request = command.Number("request", 0);
  return message;
}

Prepared Scenario::PreparedOf(const Command& command, const std::string& worker) const {
  auto message = About<Prepared>(command, worker);
  message.rank = workers_.at(worker).assign.rank;
  message.start_step = command.Number("step", 0);
  message.train_samples = command.Number("samples", 1000);
  message.dataset_fingerprint = TestDigest(command.Number("data", 1));
  message.parameter_count = command.Number("parameters", 10);
  message.instruction_set = command.Option("isa", "avx2");
  message.state_digest = TestDigest(command.Number("state", 1));
  return message;
}

AssignmentEnded Scenario::EndedOf(const Command& command, const std::string& worker) const {
  auto message = About<AssignmentEnded>(command, worker);
  message.rank = workers_.at(worker).assign.rank;
  message.outcome = ParseOutcome(command.arguments.back());
  message.step = command.Number("step", 0);
  message.state_digest = TestDigest(command.Number("state", 1));
  message.reason = command.Option("reason", "");
  message.message = command.Option("message", "");
  message.phase = command.Option("phase", "compute");
  message.retryable = command.Option("retryable", "no") == "yes";
  if (const std::string ranks = command.Option("diverged", ""); !ranks.empty())
    for (auto [rank, last] = ParseRange(ranks); rank <= last; ++rank)
      message.diverged_ranks.push_back(static_cast<int>(rank));
  return message;
}

std::vector<std::string> Scenario::RunSteps(const Command& command) {
  const std::string& name = command.arguments.at(0);
  const auto [first, last] = ParseRange(command.arguments.at(1));
  auto message = About<StepReports>(command, name);
  for (long long step = first; step <= last; ++step)
    message.steps.push_back({.step = step,
                             .loss = 1.0 / static_cast<double>(step),
                             .samples = 100,
                             .step_seconds = std::stod(command.Option("seconds", "0.1"))});
  if (const std::int64_t digest = command.Number("parameters", 0); digest > 0)
    message.steps.back().parameters_digest = TestDigest(digest);
  return Say(name, message);
}

}  // namespace descent
