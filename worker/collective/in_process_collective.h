#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "worker/collective/collective.h"
#include "worker/collective/exchange.h"

namespace descent {

// Where ranks that are threads of one process meet. Any thread may call it, each rank from one
// thread at a time. Outlives the collectives made from it. Once aborted it stays so.
class InProcessGroup {
 public:
  explicit InProcessGroup(int world_size);

  int world_size() const { return static_cast<int>(posted_.size()); }

  // Exchange::Transfer of one rank: posts its messages, waits for all ranks, copies what is meant
  // for it, and waits until all have copied. Once it returns, kAborted or not, nobody reads
  // `sends`.
  Status Transfer(int rank, std::span<const Exchange::Outgoing> sends,
                  std::span<const Exchange::Incoming> receives);

  // Wakes all ranks: their calls, now and later, return kAborted.
  void Abort();

 private:
  bool Meet(std::unique_lock<std::mutex>& lock);
  void CopyMessages(int rank, std::span<const Exchange::Incoming> receives) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_; between the two meetings of a transfer `posted_` is read without it.
  std::vector<std::span<const Exchange::Outgoing>> posted_;  // [world_size]
  int arrived_count_ = 0;
  int copying_count_ = 0;
  long meeting_ = 0;  // grows each time all ranks have arrived
  bool is_aborted_ = false;
};

// `rank` of `group`. Abort() on one rank's collective aborts the whole group.
std::unique_ptr<Collective> MakeInProcessCollective(InProcessGroup& group, int rank);

}  // namespace descent
