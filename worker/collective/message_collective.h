#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "worker/collective/collective.h"
#include "worker/collective/exchange.h"
#include "worker/collective/mapped_memory.h"

namespace descent {

// What collectives over messages have in common: everything but the sums.
class MessageCollective : public Collective {
 public:
  ~MessageCollective() override;
  MessageCollective(const MessageCollective&) = delete;
  MessageCollective& operator=(const MessageCollective&) = delete;

  int rank() const override { return exchange_->rank(); }
  int world_size() const override { return exchange_->world_size(); }
  bool shares_memory() const override { return false; }
  Result<std::span<float>> Allocate(std::int64_t element_count, MemoryKind kind) override;
  std::span<float> MemoryOf(int peer, std::span<float> mine) const override;
  Status AllGather(std::span<const std::byte> mine, std::span<std::byte> all) override;
  Status AllGatherSlices(std::span<const std::span<float>> buckets) override;
  void Abort() override { exchange_->Abort(); }

 protected:
  explicit MessageCollective(std::unique_ptr<Exchange> exchange);

  Exchange& exchange() { return *exchange_; }

  // Ranks begin with different peers, so that they do not all press on the same one.
  int PeerAt(int distance) const { return (rank() + distance) % world_size(); }

  // For destructors: what messages of an aborted call may still reach for stays as it is.
  void KeepIfInUse(std::vector<float> staging) const;

 private:
  const std::unique_ptr<Exchange> exchange_;
  std::vector<MappedMemory> allocations_;
  std::vector<Exchange::Outgoing> sends_;
  std::vector<Exchange::Incoming> receives_;
};

}  // namespace descent
