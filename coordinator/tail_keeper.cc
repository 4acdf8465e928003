#include "coordinator/tail_keeper.h"

#include <boost/asio/post.hpp>
#include <optional>

#include "common/log.h"
#include "coordinator/incident.h"

namespace descent {

TailKeeper::~TailKeeper() { thread_.join(); }

void TailKeeper::Keep(const Job& job) {
  const std::optional<FailedRank> failed = FailedRankOf(job.attempt);
  if (!failed) return;
  const auto [known, is_new] = kept_.try_emplace(job.id, *failed);
  if (!is_new && known->second == *failed) return;
  known->second = *failed;
  boost::asio::post(thread_, [this, job_id = job.id, rank = *failed] {
    const Status kept = TryToKeep(job_id, rank);
    if (!kept.ok())
      LogWarning("last lines of a failed rank not kept job={} attempt={} rank={} error=\"{}\"",
                 job_id, rank.attempt, rank.rank, kept.ToString());
  });
}

Status TailKeeper::TryToKeep(const std::string& job_id, const FailedRank& rank) {
  try {
    return logs_.KeepTail(job_id, rank);
  } catch (...) {
    return StatusOfThrown();
  }
}

}  // namespace descent
