#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/log_line.h"

namespace descent {

// One rank in an attempt that is over.
struct EndedRank {
  std::string job_uid;
  int attempt = 0;
  int rank = 0;

  bool operator==(const EndedRank&) const = default;
};

// The last lines of ranks whose logs grow no more, so that they are searched for once: the ranks
// that were asked for most recently. Any thread.
class LogTails {
 public:
  explicit LogTails(std::size_t ranks_max) : ranks_max_(ranks_max) {}

  std::optional<std::vector<LogLine>> Find(const EndedRank& rank);
  void Keep(const EndedRank& rank, std::vector<LogLine> lines);

 private:
  const std::size_t ranks_max_;
  std::mutex mutex_;                                             // guards the following
  std::list<std::pair<EndedRank, std::vector<LogLine>>> tails_;  // the most recent first
};

}  // namespace descent
