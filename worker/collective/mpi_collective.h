#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/result.h"
#include "worker/collective/collective.h"

namespace descent {

// MPI counts are int: larger messages travel in pieces of this size.
inline constexpr std::size_t kMpiMessageBytesMax = std::size_t{1} << 30;

// The collective over ranks of an MPI world, whose rank i is `world_ranks[i]` of MPI_COMM_WORLD.
// Exactly these ranks call it, with equal arguments; it blocks, without heed of any abort, until
// all have. Groups that form at the same time from overlapping ranks need different tags.
//   kInvalidArgument  a rank is not in the world or named twice, or this process is not among them
//   kAborted          MPI reports an error: a peer is gone
//
// MPI is initialised by the caller with at least MPI_THREAD_SERIALIZED, and outlives the result.
// Calls may come from another thread than the one that initialised MPI, but under SERIALIZED no
// other thread calls MPI meanwhile; with several collectives at work it takes MPI_THREAD_MULTIPLE.
// Errors of MPI_COMM_WORLD are made to return from here on: by default they kill the process.
//
// Waiting spins briefly, then naps for 20 us, later for 100 us at a time, as cores may be shared.
// Abort() makes the call in progress return within about 100 ms: transfers under way get 50 ms to
// end, the others never start, so its buffers may be freed, unless a peer is stuck in the middle of
// one. Who leaves a group before the others calls Abort() first. An aborted group's communicator is
// never freed, because a late message must not find a new group under the old name.
// `message_bytes_max` is for tests.
Result<std::unique_ptr<Collective>> MakeMpiCollective(
    std::span<const int> world_ranks, int tag, std::size_t message_bytes_max = kMpiMessageBytesMax);

// Which ranks of a group share a host, by what MPI knows of memory and not by name.
struct MpiPlace {
  int first_rank = 0;  // the lowest rank of the group on the same host
  std::string host;    // what the host calls itself
};

struct MpiGroup {
  std::unique_ptr<Collective> collective;
  std::vector<MpiPlace> places;  // of each rank
};

// MakeMpiCollective, and where its ranks are. Blocks until all have called it.
Result<MpiGroup> MakeMpiGroup(std::span<const int> world_ranks, int tag);

}  // namespace descent
