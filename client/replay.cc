#include "client/replay.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/version.h"

namespace descent {
namespace {

// Equal texts, equal bits: the shortest that is read back as the same number.
std::string NumberText(const std::optional<double>& value) {
  return value ? fmt::format("{}", *value) : "not finite";
}

std::string RecordedText(const RecordedStep& recorded, const std::optional<double>& value) {
  return value || recorded.is_nonfinite ? NumberText(value) : "";
}

// Those that reported it first: what is computed again is not recorded again.
const AttemptView* FindAttempt(const RecordedStep& recorded) {
  const auto has_done = [&](const AttemptView& attempt) {
    const bool is_over = attempt.end_time > 0;
    return attempt.start_step < recorded.step && (!is_over || recorded.step <= attempt.end_step);
  };
  const auto attempt = std::ranges::find_if(recorded.attempts, has_done);
  return attempt == recorded.attempts.end() ? nullptr : &*attempt;
}

std::string VerdictText(const StepComparison& comparison) {
  if (std::ranges::none_of(comparison.values, &ComparedValue::is_compared))
    return fmt::format("nothing is recorded of step {}, so nothing can be compared\n",
                       comparison.step);
  if (comparison.is_equal())
    return fmt::format(
        "step {} was computed right: this machine gets the same bits from the state after step "
        "{}\n",
        comparison.step, comparison.from_step);
  if (comparison.has_other_data)
    return "this machine reads other data than the job did, so that nothing follows from the "
           "difference\n";
  if (!comparison.worker_version.empty())
    return fmt::format(
        "the job was computed by version {}, and this is another one: equal bits are promised "
        "within a version alone, so that nothing follows from the difference\n",
        comparison.worker_version);
  std::string text =
      "a step has the same bits wherever it is computed, by the same program from the same data: "
      "what differs is hardware\n";
  for (const std::string& divergence : comparison.divergences)
    text += fmt::format("  known of the job: {}\n", divergence);
  text += fmt::format(
      "  suspect: the memory or processors of the workers that computed it ({}), or of this "
      "machine; a replay on another machine tells which\n",
      comparison.workers.empty() ? "which are no longer known"
                                 : fmt::format("{}", fmt::join(comparison.workers, ", ")));
  return text;
}

}  // namespace

Result<ReplayedStep> ReadReplayedStep(const std::string& output) {
  // Whatever else was printed came before it.
  const std::size_t end = output.find_last_not_of('\n');
  const std::size_t begin = output.rfind('\n', end) + 1;
  const nlohmann::json json = nlohmann::json::parse(output.substr(begin), nullptr, false);
  if (!json.is_object() || !json.contains("state_digest"))
    return Status(Code::kInternal, "descent-worker answered the replay with: " + output);
  ReplayedStep step{.from_step = json.value("from_step", std::int64_t{0}),
                    .loss = std::nullopt,
                    .grad_norm = std::nullopt,
                    .parameters_digest = json.value("parameters_digest", ""),
                    .state_digest = json.value("state_digest", ""),
                    .dataset_fingerprint = json.value("dataset_fingerprint", "")};
  if (json.contains("loss")) step.loss = json.value("loss", 0.0);
  if (json.contains("grad_norm")) step.grad_norm = json.value("grad_norm", 0.0);
  return step;
}

bool StepComparison::is_equal() const {
  return std::ranges::all_of(
      values, [](const ComparedValue& value) { return !value.is_compared() || value.is_equal(); });
}

StepComparison Compare(const RecordedStep& recorded, const ReplayedStep& replayed) {
  StepComparison comparison{
      .job = recorded.job,
      .step = recorded.step,
      .from_step = replayed.from_step,
      .values = {{"loss", RecordedText(recorded, recorded.loss), NumberText(replayed.loss)},
                 {"gradient norm", RecordedText(recorded, recorded.grad_norm),
                  NumberText(replayed.grad_norm)},
                 {"parameters", recorded.parameters_digest, replayed.parameters_digest},
                 {"whole state", recorded.state_digest, replayed.state_digest}},
      .worker_version = recorded.worker_version == kVersion ? "" : recorded.worker_version,
      .has_other_data = !recorded.dataset_fingerprint.empty() &&
                        recorded.dataset_fingerprint != replayed.dataset_fingerprint,
      .workers = {},
      .divergences = {}};
  if (const AttemptView* attempt = FindAttempt(recorded)) comparison.workers = attempt->workers;
  for (const AttemptView& attempt : recorded.attempts)
    if (attempt.failure && attempt.failure->reason == "StateDiverged")
      comparison.divergences.push_back(
          fmt::format("attempt {}: {}", attempt.attempt, attempt.failure->message));
  return comparison;
}

std::string ComparisonText(const StepComparison& comparison) {
  std::string text = fmt::format("step {} of {}, computed again from the state after step {}:\n",
                                 comparison.step, comparison.job, comparison.from_step);
  for (const ComparedValue& value : comparison.values) {
    const std::string found = !value.is_compared() ? "was not recorded"
                              : value.is_equal()
                                  ? "equal"
                                  : fmt::format("differs: {} was recorded", value.recorded);
    text += fmt::format("  {:<14} {}  {}\n", value.name, value.recomputed, found);
  }
  return text + VerdictText(comparison);
}

std::string ToJson(const StepComparison& comparison) {
  nlohmann::json values = nlohmann::json::array();
  for (const ComparedValue& value : comparison.values)
    if (value.is_compared())
      values.push_back({{"name", value.name},
                        {"recorded", value.recorded},
                        {"recomputed", value.recomputed},
                        {"equal", value.is_equal()}});
  return nlohmann::json{{"job", comparison.job},
                        {"step", comparison.step},
                        {"from_step", comparison.from_step},
                        {"equal", comparison.is_equal()},
                        {"values", std::move(values)},
                        {"other_data", comparison.has_other_data},
                        {"other_version", comparison.worker_version},
                        {"workers", comparison.workers},
                        {"divergences", comparison.divergences}}
             .dump() +
         "\n";
}

}  // namespace descent
