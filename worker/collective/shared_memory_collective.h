#pragma once

#include <cstdint>
#include <memory>

#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/collective/mapped_memory.h"

namespace descent {

// The memory through which ranks of one host talk: seats of a barrier, what ranks post, and room
// for values that are not in memory of the collective. One rank makes it, all join it.
class SharedMemoryRoom {
 public:
  // kUnavailable, kResourceExhausted: see MappedMemory.
  static Result<SharedMemoryRoom> Make(int world_size);

  // What the other ranks need to join, as plain bytes; good while this object lives.
  struct Invitation {
    SharedMemoryTicket ticket;
    std::uint64_t name = 0;  // random: by it a joiner knows that it opened the right memory
    int world_size = 0;
  };
  Invitation invitation() const;

  // The collective of `rank` out of the invitation's world_size. Joins from the same or from
  // another process; waits for nobody. Whoever leaves before the others calls Abort() first; the
  // end of a process is noticed by those who wait for it, and aborts the group.
  //   kUnavailable        this process cannot open the memory
  //   kResourceExhausted  there is no room
  static Result<std::unique_ptr<Collective>> Join(const Invitation& invitation, int rank);

 private:
  explicit SharedMemoryRoom(MappedMemory memory) : memory_(std::move(memory)) {}

  MappedMemory memory_;
};

}  // namespace descent
