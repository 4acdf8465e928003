#include "coordinator/stall.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace descent {
namespace {

constexpr double kMedianSteps = 10;
constexpr double kBesideSteps = 10;
constexpr double kWhileSaving = 60;
constexpr std::size_t kNamedMax = 4;  // ranks in a message

constexpr std::array<std::string_view, 6> kPhasesOfSteps = {"wait",   "data",   "compute",
                                                            "reduce", "update", "exchange"};

using Members = std::vector<const Member*>;

Members RunningMembers(const Attempt& attempt) {
  Members running;
  for (const Member& member : attempt.members)
    if (!member.is_released()) running.push_back(&member);
  return running;
}

bool Has(const Members& members, const Member* member) {
  return std::ranges::find(members, member) != members.end();
}

template <typename Predicate>
Members Filter(const Members& members, const Predicate& is_wanted) {
  Members found;
  for (const Member* member : members)
    if (is_wanted(member->standing)) found.push_back(member);
  return found;
}

bool Tells(const Standing& at) { return at.progress.moves > 0; }
bool IsInCall(const Standing& at) { return at.progress.is_in_call; }
bool IsSaving(const Standing& at) { return at.progress.is_saving; }
bool WaitsForGrant(const Standing& at) { return at.phase == "wait" && !IsInCall(at); }
bool IsBesideSteps(const Standing& at) {
  return std::ranges::find(kPhasesOfSteps, at.phase) == kPhasesOfSteps.end();
}

double StillSeconds(const Members& members) {
  double least = members.front()->standing.still_seconds;
  for (const Member* member : members) least = std::min(least, member->standing.still_seconds);
  return least;
}

double LimitSeconds(const Attempt& attempt, const Members& members, std::chrono::seconds timeout) {
  const double median = attempt.MedianStepSeconds();
  const double seconds = std::max(static_cast<double>(timeout.count()), kMedianSteps * median);
  if (!Filter(members, IsSaving).empty()) return kWhileSaving * seconds;
  const bool is_first_step = median == 0;
  if (is_first_step || !Filter(members, IsBesideSteps).empty()) return kBesideSteps * seconds;
  return seconds;
}

// Every rank makes the same calls. Who has entered the fewest is what others wait for, unless it
// waits in a call itself.
Members FindBlamed(const Members& members) {
  std::int64_t fewest = members.front()->standing.progress.calls;
  for (const Member* member : members) fewest = std::min(fewest, member->standing.progress.calls);
  const Members last =
      Filter(members, [&](const Standing& at) { return at.progress.calls == fewest; });
  Members outside = Filter(last, [](const Standing& at) { return !IsInCall(at); });
  if (!outside.empty()) return outside;
  const bool are_together = last.size() == members.size() && members.size() > 1;
  return are_together ? Members() : last;
}

std::string CallText(const Standing& at) {
  if (at.progress.bucket < 0) return fmt::format("phase {} of step {}", at.phase, at.step);
  return fmt::format("the reduction of bucket {} of step {}", at.progress.bucket, at.step);
}

// "rank 1", "ranks 0-2, 4".
std::string RanksText(const Attempt& attempt, const Members& members) {
  std::string text = members.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < members.size();) {
    const int first = attempt.RankOf(*members[i]);
    int last = first;
    while (++i < members.size() && attempt.RankOf(*members[i]) == last + 1) ++last;
    text += fmt::format("{}", first);
    if (last > first) text += fmt::format("{}{}", last == first + 1 ? ", " : "-", last);
    if (i < members.size()) text += ", ";
  }
  return text;
}

// What `describe` says of the first few.
template <typename Describe>
std::string ListText(const Members& members, const Describe& describe) {
  std::string text;
  for (std::size_t i = 0; i < members.size() && i < kNamedMax; ++i) {
    if (i > 0) text += "; ";
    text += describe(*members[i]);
  }
  if (members.size() > kNamedMax) text += fmt::format("; and {} more", members.size() - kNamedMax);
  return text;
}

std::string BlameText(const Members& blamed) {
  return ListText(blamed, [](const Member& member) {
    const Standing& at = member.standing;
    return fmt::format("{} stands still: step {}, phase {} for {:.0f} s", member.name, at.step,
                       at.phase, at.progress.phase_age_seconds);
  });
}

// None is to blame, so all are named: that tells between which hosts to look.
std::string TogetherText(const Members& members) {
  return fmt::format("all {} ranks wait in {}, and none has come out of it for {:.0f} s: {}",
                     members.size(), CallText(members.front()->standing), StillSeconds(members),
                     ListText(members, [](const Member& member) {
                       return fmt::format("{}, phase {}", member.name, member.standing.phase);
                     }));
}

std::string StallText(const Attempt& attempt, const Members& members, const Members& blamed) {
  if (blamed.empty()) return TogetherText(members);
  Members waiting = Filter(members, IsInCall);
  std::erase_if(waiting, [&](const Member* member) { return Has(blamed, member); });
  std::string text = BlameText(blamed);
  if (waiting.empty()) return text;
  text += fmt::format("; {} {} for {} in {}", RanksText(attempt, waiting),
                      waiting.size() == 1 ? "waits" : "wait", blamed.size() == 1 ? "it" : "them",
                      CallText(waiting.front()->standing));
  return text;
}

}  // namespace

bool IsStallWatched(const Attempt& attempt, std::chrono::seconds timeout) {
  const Members members = RunningMembers(attempt);
  return timeout.count() > 0 && Filter(members, Tells).size() == members.size() &&
         Filter(members, WaitsForGrant).size() < members.size();
}

std::optional<FailureRecord> FindStall(const Attempt& attempt, std::chrono::seconds timeout) {
  if (!IsStallWatched(attempt, timeout)) return std::nullopt;
  const Members members = RunningMembers(attempt);
  if (StillSeconds(members) < LimitSeconds(attempt, members, timeout)) return std::nullopt;

  const Members blamed = FindBlamed(members);
  const Member& first = blamed.empty() ? *members.front() : *blamed.front();
  return FailureRecord{.reason = "Stalled",
                       .message = StallText(attempt, members, blamed),
                       .rank = blamed.empty() ? -1 : attempt.RankOf(first),
                       .host = blamed.empty() ? std::string() : first.host,
                       .step = first.standing.step,
                       .phase = first.standing.phase};
}

}  // namespace descent
