#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "common/result.h"
#include "worker/collective/mpi_collective.h"
#include "worker/collective/summing_exchange.h"

namespace descent {

// Messages and sums of MPI between these ranks of its world, with the arguments, the errors and the
// rules of MakeMpiCollective. At least 4 bytes travel at once.
Result<std::unique_ptr<SummingExchange>> FormMpiExchange(std::span<const int> world_ranks, int tag,
                                                         std::size_t message_bytes_max);

// The same, and the lowest rank of the group that shares memory with this one.
struct PlacedMpiExchange {
  std::unique_ptr<SummingExchange> exchange;
  int first_rank_on_host = 0;
};
Result<PlacedMpiExchange> FormPlacedMpiExchange(std::span<const int> world_ranks, int tag,
                                                std::size_t message_bytes_max);

}  // namespace descent
