// State's part that hears of ranks whose states differ. A step has equal bits on every rank, so one
// that is alone with its state has hardware that cannot be trusted:
//   1. The ranks compare their states after a step, and all end: nothing of that step is reported,
//      and nothing that was computed since they last agreed is saved.
//   2. Once all are released, what most of them say is believed: the one whose memory has changed
//      speaks as well. The workers of the minority are cordoned, unless the job could not go on
//      without them.
//   3. The attempt is tried again from the last checkpoint. Ranks agree on a state before they save
//      it, so that is one that all of them had.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include "coordinator/state.h"

namespace descent {
namespace {

constexpr std::string_view kStateDiverged = "StateDiverged";

// Those that the attempt has, each once.
std::vector<int> RanksOf(const AssignmentEnded& message, const Attempt& attempt) {
  std::vector<int> ranks = message.diverged_ranks;
  std::erase_if(ranks, [&](int rank) { return rank < 0 || rank >= std::ssize(attempt.members); });
  std::ranges::sort(ranks);
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

std::string NamesOf(const std::vector<int>& ranks, const Attempt& attempt) {
  std::vector<std::string> names;
  for (const int rank : ranks)
    names.push_back(attempt.members[static_cast<std::size_t>(rank)].name);
  return fmt::format("{}", fmt::join(names, " and "));
}

FailureRecord Describe(const std::vector<int>& ranks, const Attempt& attempt,
                       const AssignmentEnded& message) {
  FailureRecord record{
      .reason = std::string(kStateDiverged), .step = message.step, .phase = message.phase};
  const std::string names = NamesOf(ranks, attempt);
  if (std::ssize(ranks) == std::ssize(attempt.members)) {
    record.message =
        fmt::format("{} have different states, and nobody can tell which of them is right: {}",
                    names, message.message);
    return record;
  }
  std::set<std::string> hosts;
  for (const int rank : ranks) hosts.insert(attempt.members[static_cast<std::size_t>(rank)].host);
  record.rank = ranks.front();
  record.host = attempt.members[static_cast<std::size_t>(ranks.front())].host;
  record.message = fmt::format(
      "{} computed another state than the other ranks, which agree: memory and processors of {} "
      "are not to be trusted ({})",
      names, fmt::join(hosts, " and "), message.message);
  return record;
}

}  // namespace

bool State::HearDivergence(Attempt& attempt, const AssignmentEnded& message) {
  const std::vector<int> ranks = RanksOf(message, attempt);
  if (ranks.empty()) return false;
  // All ranks find it, and each says so.
  if (attempt.failure && attempt.failure->record.reason == kStateDiverged) {
    FinishIfReleased(attempt);
  } else {
    Fail(attempt, {.record = Describe(ranks, attempt, message), .is_retryable = true});
  }
  return true;
}

void State::JudgeDivergence(Attempt& attempt) {
  if (!attempt.failure || attempt.failure->record.reason != kStateDiverged) return;
  std::map<std::vector<int>, int> votes;
  const AssignmentEnded* believed = nullptr;
  int votes_max = 0;
  for (const Member& member : attempt.members) {
    if (!member.ended) continue;
    const std::vector<int> ranks = RanksOf(*member.ended, attempt);
    if (ranks.empty() || ++votes[ranks] <= votes_max) continue;
    votes_max = votes[ranks];
    believed = &*member.ended;
  }
  if (believed == nullptr) return;
  const std::vector<int> ranks = RanksOf(*believed, attempt);
  FailureRecord record = Describe(ranks, attempt, *believed);
  record.secondary = std::move(attempt.failure->record.secondary);
  attempt.failure->record = std::move(record);
  const bool is_minority = std::ssize(ranks) < std::ssize(attempt.members);
  if (is_minority && CanDoWithout(attempt, ranks)) Quarantine(attempt, ranks, believed->step);
}

// Whether some pool has enough workers for the job beside those.
bool State::CanDoWithout(const Attempt& attempt, const std::vector<int>& ranks) const {
  const auto is_among = [&](const WorkerView& worker) {
    return std::ranges::any_of(ranks, [&](int rank) {
      return attempt.members[static_cast<std::size_t>(rank)].session == worker.session;
    });
  };
  const int workers_min = FindJob(attempt.job_id)->spec.workers.min;
  return std::ranges::any_of(
      PoolsFor(attempt.job_id, membership_.pools()), [&](const PoolView& pool) {
        return workers_min <= std::ranges::count_if(pool.workers, [&](const WorkerView& worker) {
                 return worker.takes_jobs() && !is_among(worker);
               });
      });
}

void State::Quarantine(const Attempt& attempt, const std::vector<int>& ranks, std::int64_t step) {
  for (const int rank : ranks) {
    WorkerView* const worker =
        membership_.Find(attempt.members[static_cast<std::size_t>(rank)].session);
    if (worker == nullptr || !worker->takes_jobs()) continue;
    const std::string cause =
        fmt::format("rank {} of job {} had another state than the other ranks after step {}", rank,
                    attempt.job_id, step);
    SetCordon(*worker, Cordon::kCordoned, "WorkerCordoned", cause);
    StoreEvent(
        *FindJob(attempt.job_id), "WorkerCordoned",
        fmt::format("worker {} takes no jobs until it is uncordoned: {}", worker->name(), cause));
  }
}

}  // namespace descent
