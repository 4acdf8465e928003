#pragma once

#include <cstddef>
#include <span>

#include "common/result.h"

namespace descent {

// The one thing in which collectives differ: how bytes get from rank to rank. Thread rules and
// Abort() are those of Collective. After an error every call returns kAborted.
class Exchange {
 public:
  struct Outgoing {
    int peer = 0;
    std::span<const std::byte> bytes;
  };
  struct Incoming {
    int peer = 0;
    std::span<std::byte> bytes;
  };

  virtual ~Exchange() = default;
  virtual int rank() const = 0;
  virtual int world_size() const = 0;

  // Starts sending and receiving these messages, beside those that are under way; returns at once,
  // with the number of this batch, which counts from 0 after each Finish. Until that, or Await of
  // the batch, `sends` may be read and `receives` written. The i-th message from A to B that A
  // sends fills the i-th from A that B receives, of the same size, whatever their batches; within a
  // batch every message is answered for by the batch of the same number of its peer, or an earlier
  // one. Messages are not empty, of any size, and do not go to oneself.
  virtual Result<std::size_t> Start(std::span<const Outgoing> sends,
                                    std::span<const Incoming> receives) = 0;

  // Blocks until the messages of this batch are through. Batches are awaited in their order.
  virtual Status Await(std::size_t batch) = 0;

  // Blocks until all messages are through.
  virtual Status Finish() = 0;

  // Start, then Finish.
  Status Transfer(std::span<const Outgoing> sends, std::span<const Incoming> receives) {
    const Result<std::size_t> batch = Start(sends, receives);
    return batch.ok() ? Finish() : batch.status();
  }

  // After an error: whether a message of the failed call is still on its way, so that its memory
  // may be read or written at any later time. Addresses must then stay mapped until the process
  // ends.
  virtual bool is_memory_in_use() const = 0;

  virtual void Abort() = 0;
};

}  // namespace descent
