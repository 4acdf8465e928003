#include "worker/collective/mpi_collective.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <utility>

#include "worker/collective/mpi_exchange.h"
#include "worker/collective/tree_collective.h"

namespace descent {
namespace {

struct PlaceRecord {
  int first_rank = 0;
  std::array<char, HOST_NAME_MAX + 1> host{};
};

}  // namespace

Result<std::unique_ptr<Collective>> MakeMpiCollective(std::span<const int> world_ranks, int tag,
                                                      std::size_t message_bytes_max) {
  DESCENT_ASSIGN(std::unique_ptr<SummingExchange> exchange,
                 FormMpiExchange(world_ranks, tag, message_bytes_max));
  return std::unique_ptr<Collective>(std::make_unique<TreeCollective>(std::move(exchange)));
}

Result<MpiGroup> MakeMpiGroup(std::span<const int> world_ranks, int tag) {
  DESCENT_ASSIGN(PlacedMpiExchange placed,
                 FormPlacedMpiExchange(world_ranks, tag, kMpiMessageBytesMax));
  MpiGroup group{.collective = std::make_unique<TreeCollective>(std::move(placed.exchange)),
                 .places = {}};

  PlaceRecord mine{.first_rank = placed.first_rank_on_host};
  gethostname(mine.host.data(), mine.host.size() - 1);
  std::vector<PlaceRecord> all(world_ranks.size());
  DESCENT_RETURN_IF_ERROR(group.collective->AllGather(std::as_bytes(std::span(&mine, 1)),
                                                      std::as_writable_bytes(std::span(all))));
  for (const PlaceRecord& record : all)
    group.places.push_back({.first_rank = record.first_rank, .host = record.host.data()});
  return group;
}

}  // namespace descent
