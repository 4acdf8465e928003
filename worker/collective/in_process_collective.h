#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "worker/collective/collective.h"
#include "worker/collective/exchange.h"
#include "worker/collective/tree_collective.h"

namespace descent {

// Where ranks that are threads of one process meet. Any thread may call it, each rank from one
// thread at a time. Outlives the collectives made from it. Once aborted it stays so.
class InProcessGroup {
 public:
  explicit InProcessGroup(int world_size);

  int world_size() const { return static_cast<int>(unread_.size()); }

  // Offers messages to their receivers, who copy them.
  Status Post(int rank, std::span<const Exchange::Outgoing> sends);

  // Copies the next message for `rank` from a peer to its place, once it is posted.
  Status Take(int rank, const Exchange::Incoming& receive);

  // Blocks until at most `unread_max` of this rank's messages are still to be copied. Once a call
  // has returned kAborted nobody reads any of them.
  Status AwaitReaders(int rank, std::size_t unread_max);

  // Wakes all ranks: their calls, now and later, return kAborted.
  void Abort();

 private:
  struct Mailbox {  // what one rank has for another
    std::vector<std::span<const std::byte>> messages;
    std::size_t next = 0;
  };

  Mailbox& MailboxOf(int sender, int receiver) {
    return mailboxes_[static_cast<std::size_t>(sender) * unread_.size() +
                      static_cast<std::size_t>(receiver)];
  }
  Status WaitForCopies(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<Mailbox> mailboxes_;   // [sender, receiver]
  std::vector<std::size_t> unread_;  // [world_size]: a sender's messages that nobody has copied
  int copying_count_ = 0;
  bool is_aborted_ = false;
};

// `rank` of `group`. Abort() on one rank's collective aborts the whole group.
// `segment_elements` is for tests.
std::unique_ptr<Collective> MakeInProcessCollective(
    InProcessGroup& group, int rank,
    std::int64_t segment_elements = TreeCollective::kSegmentElements);

}  // namespace descent
