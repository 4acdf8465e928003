#include "coordinator/attempt.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <map>

#include "common/check.h"
#include "common/limits.h"

namespace descent {
namespace {

constexpr double kPaceSmoothingSeconds = 5.0;
constexpr std::size_t kRecentSteps = 101;

// The current step may be long, and the state large; then the gang is torn apart.
constexpr std::chrono::seconds kCancelTimeout{10};
constexpr std::chrono::seconds kSaveTimeout{120};
// A worker that does not obey an abort hangs; without its stream its ranks are given up.
constexpr std::chrono::seconds kAbortTimeout{30};

using TextOf = std::function<std::string(const Member&)>;

// Compares one property; blames a rank whose value is not the most common one (of equally common
// ones, rank 0's is right). The message reads "rank 1 (…) has WHAT x, rank 0 (…) has y".
std::optional<FailureRecord> Compare(const std::vector<Member>& members, const std::string& reason,
                                     const std::string& what, const TextOf& text_of) {
  std::vector<std::string> texts;
  std::map<std::string, int> counts;
  for (const Member& member : members) ++counts[texts.emplace_back(text_of(member))];
  std::size_t common = 0;
  for (std::size_t rank = 1; rank < texts.size(); ++rank)
    if (counts[texts[rank]] > counts[texts[common]]) common = rank;
  for (std::size_t rank = 0; rank < texts.size(); ++rank) {
    if (texts[rank] == texts[common]) continue;
    return FailureRecord{.reason = reason,
                         .message = fmt::format("{} has {} {}, {} has {}", members[rank].name, what,
                                                texts[rank], members[common].name, texts[common]),
                         .rank = static_cast<int>(rank),
                         .host = members[rank].host};
  }
  return std::nullopt;
}

}  // namespace

std::chrono::seconds StopTimeout(StopMode mode, JobState state) {
  if (mode == StopMode::kAbort) return kAbortTimeout;
  return state == JobState::kCancelling ? kCancelTimeout : kSaveTimeout;
}

Member* Attempt::FindMember(SessionId session) {
  for (Member& member : members)
    if (member.session == session && !member.is_released()) return &member;
  return nullptr;
}

Member* Attempt::FindDetached(int world_rank) {
  for (Member& member : members)
    if (member.is_detached() && member.world_rank == world_rank) return &member;
  return nullptr;
}

bool Attempt::IsReattaching() const {
  return std::any_of(members.begin(), members.end(),
                     [](const Member& member) { return member.is_detached(); });
}

int Attempt::RankOf(const Member& member) const {
  return static_cast<int>(&member - members.data());
}

bool Attempt::AllPrepared() const {
  return std::all_of(members.begin(), members.end(),
                     [](const Member& member) { return member.prepared.has_value(); });
}

bool Attempt::AllReleased() const {
  return std::all_of(members.begin(), members.end(),
                     [](const Member& member) { return member.is_released(); });
}

void Attempt::Fail(AttemptFailure new_failure) {
  if (!failure) {
    failure = std::move(new_failure);
    return;
  }
  const bool is_cause = failure->is_secondary() && !new_failure.is_secondary();
  std::vector<FailureRecord> others = std::move(failure->record.secondary);
  if (is_cause) std::swap(*failure, new_failure);
  FailureRecord& other = new_failure.record;
  other.secondary.clear();
  if (other.reason != "Aborted")
    others.insert(is_cause ? others.begin() : others.end(), std::move(other));
  if (others.size() > limits::kSecondaryFailuresMax) others.pop_back();
  failure->record.secondary = std::move(others);
}

double Attempt::MedianStepSeconds() const {
  if (recent_step_seconds.empty()) return 0;
  std::vector<double> sorted(recent_step_seconds.begin(), recent_step_seconds.end());
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

void Attempt::MeasurePace(const std::vector<StepMetrics>& steps) {
  double seconds = 0;
  double samples = 0;
  for (const StepMetrics& step : steps) {
    seconds += step.step_seconds;
    samples += static_cast<double>(step.samples);
    if (!(step.step_seconds > 0) || !std::isfinite(step.step_seconds)) continue;
    recent_step_seconds.push_back(step.step_seconds);
    if (recent_step_seconds.size() > kRecentSteps) recent_step_seconds.pop_front();
  }
  const double pace = static_cast<double>(steps.size()) / seconds;
  if (!(seconds > 0) || !std::isfinite(seconds) || !std::isfinite(pace)) return;
  const double weight = steps_per_second == 0 ? 1.0 : seconds / (seconds + kPaceSmoothingSeconds);
  steps_per_second += weight * (pace - steps_per_second);
  samples_per_second += weight * (samples / seconds - samples_per_second);
}

std::optional<FailureRecord> FindDisagreement(const std::vector<Member>& members) {
  for (const Member& member : members) DESCENT_CHECK(member.prepared.has_value());
  struct Property {
    const char* reason;
    const char* what;
    TextOf text_of;
  };
  const Property properties[] = {
      {"InstructionSetDiffers", "instruction set",
       [](const Member& m) { return m.prepared->instruction_set; }},
      {"DataDiffers", "a training set of size",
       [](const Member& m) { return std::to_string(m.prepared->train_samples); }},
      {"DataDiffers", "data with fingerprint",
       [](const Member& m) { return m.prepared->dataset_fingerprint.ToHex(); }},
      {"ModelDiffers", "a parameter count of",
       [](const Member& m) { return std::to_string(m.prepared->parameter_count); }},
      {"StateDiffers", "start step",
       [](const Member& m) { return std::to_string(m.prepared->start_step); }},
      {"StateDiffers", "a state with digest",
       [](const Member& m) { return m.prepared->state_digest.ToHex(); }},
  };
  for (const Property& property : properties)
    if (auto difference = Compare(members, property.reason, property.what, property.text_of))
      return difference;
  return std::nullopt;
}

std::optional<FailureRecord> FindDivergence(const std::vector<Member>& members) {
  for (const Member& member : members) DESCENT_CHECK(member.ended.has_value());
  auto difference = Compare(members, "StateDiverged", "a final state with digest",
                            [](const Member& m) { return m.ended->state_digest.ToHex(); });
  if (difference) difference->step = members.front().ended->step;
  return difference;
}

std::optional<FailureRecord> FindChange(const Job& job, const Attempt& attempt) {
  const Member& first = attempt.members.front();
  const Prepared& now = *first.prepared;
  if (job.dataset_fingerprint != Digest() && job.dataset_fingerprint != now.dataset_fingerprint)
    return FailureRecord{
        .reason = "DatasetChanged",
        .message = fmt::format("the data have fingerprint {}, in the attempt before they had {}",
                               now.dataset_fingerprint.ToHex(), job.dataset_fingerprint.ToHex())};
  if (!job.instruction_set.empty() && job.instruction_set != now.instruction_set)
    return FailureRecord{
        .reason = "InstructionSetDiffers",
        .message = fmt::format("{} has instruction set {}, the attempt before had {}", first.name,
                               now.instruction_set, job.instruction_set)};
  if (attempt.expected_start && *attempt.expected_start != now.start_step)
    return FailureRecord{
        .reason = "StateDiffers",
        .message = fmt::format("{} starts at step {}, the state to load is of step {}", first.name,
                               now.start_step, *attempt.expected_start)};
  return std::nullopt;
}

FailureRecord DescribeLoss(const Attempt& attempt, const Member& member, const WorkerView& worker,
                           const std::string& reason) {
  FailureRecord record{.rank = attempt.RankOf(member),
                       .host = member.host,
                       .step = worker.step,
                       .phase = worker.phase};
  const std::string where = fmt::format("at step {} in phase {}", worker.step,
                                        worker.phase.empty() ? "prepare" : worker.phase);
  record.reason = worker.leaving ? "WorkerLeft" : "WorkerLost";
  record.message = worker.leaving
                       ? fmt::format("{} left {}: {}", member.name, where, *worker.leaving)
                       : fmt::format("{} was lost {}: {}", member.name, where, reason);
  return record;
}

FailureRecord DescribeStartTimeout(const Attempt& attempt, const Membership& membership,
                                   std::chrono::seconds timeout) {
  FailureRecord record{.reason = "StartTimeout"};
  std::string late;
  for (const Member& member : attempt.members) {
    if (member.prepared) continue;
    const WorkerView* worker = membership.Find(member.session);
    const std::string phase = worker == nullptr || worker->phase.empty() ? "?" : worker->phase;
    if (late.empty()) {
      record.rank = attempt.RankOf(member);
      record.host = member.host;
      record.phase = phase;
    }
    late += fmt::format("{}{} is in phase {}", late.empty() ? "" : ", ", member.name, phase);
  }
  record.message = fmt::format(
      "not all workers were ready after {} s: {}; if that is what they need, give the job a longer "
      "start_timeout",
      timeout.count(), late);
  return record;
}

}  // namespace descent
