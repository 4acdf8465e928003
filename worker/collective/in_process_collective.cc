#include "worker/collective/in_process_collective.h"

#include <cstring>

#include "common/check.h"
#include "worker/collective/tree_collective.h"

namespace descent {
namespace {

Status Aborted() { return Status(Code::kAborted, "the group of ranks was aborted"); }

class InProcessExchange final : public Exchange {
 public:
  InProcessExchange(InProcessGroup& group, int rank) : group_(group), rank_(rank) {}

  int rank() const override { return rank_; }
  int world_size() const override { return group_.world_size(); }
  Status Transfer(std::span<const Outgoing> sends, std::span<const Incoming> receives) override {
    return group_.Transfer(rank_, sends, receives);
  }
  bool is_memory_in_use() const override { return false; }
  void Abort() override { group_.Abort(); }

 private:
  InProcessGroup& group_;
  const int rank_;
};

}  // namespace

InProcessGroup::InProcessGroup(int world_size) {
  DESCENT_CHECK(world_size >= 1);
  posted_.resize(static_cast<std::size_t>(world_size));
}

Status InProcessGroup::Transfer(int rank, std::span<const Exchange::Outgoing> sends,
                                std::span<const Exchange::Incoming> receives) {
  std::unique_lock lock(mutex_);
  posted_[static_cast<std::size_t>(rank)] = sends;
  if (!Meet(lock)) return Aborted();

  ++copying_count_;
  lock.unlock();
  CopyMessages(rank, receives);
  lock.lock();
  --copying_count_;
  return Meet(lock) ? Status() : Aborted();
}

void InProcessGroup::Abort() {
  const std::lock_guard lock(mutex_);
  is_aborted_ = true;
  changed_.notify_all();
}

// Waits until all ranks are here, or the group is aborted: then false, once the ranks that are
// still copying have finished, because they read the others' buffers.
bool InProcessGroup::Meet(std::unique_lock<std::mutex>& lock) {
  const long meeting = meeting_;
  if (++arrived_count_ == world_size()) {
    arrived_count_ = 0;
    ++meeting_;
  }
  changed_.notify_all();
  changed_.wait(lock, [&] { return is_aborted_ || meeting_ != meeting; });
  if (!is_aborted_) return true;
  changed_.wait(lock, [&] { return copying_count_ == 0; });
  return false;
}

void InProcessGroup::CopyMessages(int rank, std::span<const Exchange::Incoming> receives) const {
  for (int peer = 0; peer < world_size(); ++peer) {
    auto receive = receives.begin();
    for (const Exchange::Outgoing& send : posted_[static_cast<std::size_t>(peer)]) {
      if (send.peer != rank) continue;
      while (receive != receives.end() && receive->peer != peer) ++receive;
      DESCENT_CHECK(receive != receives.end());
      DESCENT_CHECK(receive->bytes.size() == send.bytes.size());
      std::memcpy(receive->bytes.data(), send.bytes.data(), send.bytes.size());
      ++receive;
    }
  }
}

std::unique_ptr<Collective> MakeInProcessCollective(InProcessGroup& group, int rank) {
  DESCENT_CHECK(rank >= 0);
  DESCENT_CHECK(rank < group.world_size());
  return std::make_unique<TreeCollective>(std::make_unique<InProcessExchange>(group, rank));
}

}  // namespace descent
