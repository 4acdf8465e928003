#pragma once

#include <cstddef>
#include <span>

#include "common/status.h"

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

  // Sends and receives all of these messages, and blocks until all are through. Every rank calls
  // it. The i-th message from A to B in A's `sends` fills the i-th from A in B's `receives`, of the
  // same size. Messages are not empty, of any size, and do not go to oneself.
  virtual Status Transfer(std::span<const Outgoing> sends, std::span<const Incoming> receives) = 0;

  // After an error: whether a message of the failed call is still on its way, so that its memory
  // may be read or written at any later time. Addresses must then stay mapped until the process
  // ends.
  virtual bool is_memory_in_use() const = 0;

  virtual void Abort() = 0;
};

}  // namespace descent
