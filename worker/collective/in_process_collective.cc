#include "worker/collective/in_process_collective.h"

#include <cstring>

#include "common/check.h"

namespace descent {
namespace {

Status Aborted() { return Status(Code::kAborted, "the group of ranks was aborted"); }

class InProcessExchange final : public Exchange {
 public:
  InProcessExchange(InProcessGroup& group, int rank) : group_(group), rank_(rank) {}

  int rank() const override { return rank_; }
  int world_size() const override { return group_.world_size(); }

  Result<std::size_t> Start(std::span<const Outgoing> sends,
                            std::span<const Incoming> receives) override {
    DESCENT_RETURN_IF_ERROR(group_.Post(rank_, sends));
    receives_.insert(receives_.end(), receives.begin(), receives.end());
    sent_count_ += sends.size();
    batches_.push_back({.sent = sent_count_, .received = receives_.size()});
    return batches_.size() - 1;
  }

  Status Await(std::size_t batch) override { return Complete(batches_[batch]); }

  Status Finish() override {
    const Status status = Complete({.sent = sent_count_, .received = receives_.size()});
    receives_.clear();
    batches_.clear();
    sent_count_ = taken_count_ = 0;
    return status;
  }

  bool is_memory_in_use() const override { return false; }
  void Abort() override { group_.Abort(); }

 private:
  struct Batch {  // counts up to its end
    std::size_t sent = 0;
    std::size_t received = 0;
  };

  Status Complete(const Batch& end) {
    for (; taken_count_ < end.received; ++taken_count_)
      DESCENT_RETURN_IF_ERROR(group_.Take(rank_, receives_[taken_count_]));
    return group_.AwaitReaders(rank_, sent_count_ - end.sent);
  }

  InProcessGroup& group_;
  const int rank_;
  // Since the last Finish:
  std::vector<Incoming> receives_;
  std::vector<Batch> batches_;
  std::size_t sent_count_ = 0;
  std::size_t taken_count_ = 0;
};

}  // namespace

InProcessGroup::InProcessGroup(int world_size) {
  DESCENT_CHECK(world_size >= 1);
  const auto count = static_cast<std::size_t>(world_size);
  mailboxes_.resize(count * count);
  unread_.resize(count);
}

Status InProcessGroup::Post(int rank, std::span<const Exchange::Outgoing> sends) {
  const std::lock_guard lock(mutex_);
  if (is_aborted_) return Aborted();
  for (const Exchange::Outgoing& send : sends)
    MailboxOf(rank, send.peer).messages.push_back(send.bytes);
  unread_[static_cast<std::size_t>(rank)] += sends.size();
  changed_.notify_all();
  return Status();
}

Status InProcessGroup::Take(int rank, const Exchange::Incoming& receive) {
  std::unique_lock lock(mutex_);
  Mailbox& mailbox = MailboxOf(receive.peer, rank);
  changed_.wait(lock, [&] { return is_aborted_ || mailbox.next < mailbox.messages.size(); });
  if (is_aborted_) return WaitForCopies(lock);
  const std::span<const std::byte> message = mailbox.messages[mailbox.next++];
  if (mailbox.next == mailbox.messages.size()) {
    mailbox.messages.clear();
    mailbox.next = 0;
  }
  DESCENT_CHECK(receive.bytes.size() == message.size());

  ++copying_count_;
  lock.unlock();
  std::memcpy(receive.bytes.data(), message.data(), message.size());
  lock.lock();
  --copying_count_;
  --unread_[static_cast<std::size_t>(receive.peer)];
  changed_.notify_all();
  return Status();
}

Status InProcessGroup::AwaitReaders(int rank, std::size_t unread_max) {
  std::unique_lock lock(mutex_);
  const std::size_t& unread = unread_[static_cast<std::size_t>(rank)];
  changed_.wait(lock, [&] { return is_aborted_ || unread <= unread_max; });
  return is_aborted_ ? WaitForCopies(lock) : Status();
}

void InProcessGroup::Abort() {
  const std::lock_guard lock(mutex_);
  is_aborted_ = true;
  changed_.notify_all();
}

// Ranks that are still copying read the others' buffers.
Status InProcessGroup::WaitForCopies(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return copying_count_ == 0; });
  return Aborted();
}

std::unique_ptr<Collective> MakeInProcessCollective(InProcessGroup& group, int rank,
                                                    std::int64_t segment_elements) {
  DESCENT_CHECK(rank >= 0);
  DESCENT_CHECK(rank < group.world_size());
  return std::make_unique<TreeCollective>(std::make_unique<InProcessExchange>(group, rank),
                                          segment_elements);
}

}  // namespace descent
