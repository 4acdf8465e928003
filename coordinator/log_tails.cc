#include "coordinator/log_tails.h"

#include <algorithm>

namespace descent {

std::optional<std::vector<LogLine>> LogTails::Find(const EndedRank& rank) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(tails_, [&](const auto& tail) { return tail.first == rank; });
  if (found == tails_.end()) return std::nullopt;
  tails_.splice(tails_.begin(), tails_, found);
  return found->second;
}

void LogTails::Keep(const EndedRank& rank, std::vector<LogLine> lines) {
  const std::lock_guard lock(mutex_);
  std::erase_if(tails_, [&](const auto& tail) { return tail.first == rank; });
  tails_.emplace_front(rank, std::move(lines));
  if (tails_.size() > ranks_max_) tails_.pop_back();
}

}  // namespace descent
