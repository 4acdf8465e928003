#include "worker/collective/form_collective.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/log.h"
#include "worker/collective/fastest_collective.h"
#include "worker/collective/shared_memory_collective.h"

namespace descent {
namespace {

// What a rank tells the others of its attempt to join, as plain bytes.
struct JoinRecord {
  Code code = Code::kOk;
  std::array<char, 252> message{};
};

Status FirstFailure(std::span<const JoinRecord> records) {
  for (std::size_t rank = 0; rank < records.size(); ++rank)
    if (records[rank].code != Code::kOk)
      return Status(Code::kFailedPrecondition, "shared memory is not to be had: rank " +
                                                   std::to_string(rank) + ": " +
                                                   records[rank].message.data());
  return Status();
}

// 1. Rank 0 makes the room and invites.
// 2. Every rank joins, or says why it cannot.
// 3. All learn whether all have joined; only then may rank 0 close the door.
Result<std::unique_ptr<Collective>> FormSharedMemory(Collective& group) {
  const auto world_size = static_cast<std::size_t>(group.world_size());
  std::optional<SharedMemoryRoom> room;
  SharedMemoryRoom::Invitation mine;
  Status status;
  if (group.rank() == 0) {
    Result<SharedMemoryRoom> made = SharedMemoryRoom::Make(group.world_size());
    status = made.status();
    if (made.ok()) mine = room.emplace(std::move(made).value()).invitation();
  }
  std::vector<SharedMemoryRoom::Invitation> invitations(world_size);
  DESCENT_RETURN_IF_ERROR(group.AllGather(std::as_bytes(std::span(&mine, 1)),
                                          std::as_writable_bytes(std::span(invitations))));
  std::unique_ptr<Collective> joined;
  if (invitations[0].world_size > 0) {
    Result<std::unique_ptr<Collective>> result =
        SharedMemoryRoom::Join(invitations[0], group.rank());
    status = result.status();
    if (result.ok()) joined = std::move(result).value();
  }

  JoinRecord record{.code = status.code()};
  status.message().copy(record.message.data(), record.message.size() - 1);
  std::vector<JoinRecord> records(world_size);
  DESCENT_RETURN_IF_ERROR(group.AllGather(std::as_bytes(std::span(&record, 1)),
                                          std::as_writable_bytes(std::span(records))));
  DESCENT_RETURN_IF_ERROR(FirstFailure(records));
  return joined;
}

bool IsOneHost(std::span<const MpiPlace> places) {
  return std::ranges::all_of(places, [](const MpiPlace& place) { return place.first_rank == 0; });
}

// "ranks 0, 1 on a; ranks 2 on b"
std::string RanksByHost(std::span<const MpiPlace> places) {
  std::string text;
  for (std::size_t first = 0; first < places.size(); ++first) {
    if (places[first].first_rank != static_cast<int>(first)) continue;
    std::string ranks;
    for (std::size_t rank = first; rank < places.size(); ++rank)
      if (places[rank].first_rank == static_cast<int>(first))
        ranks += (ranks.empty() ? "" : ", ") + std::to_string(rank);
    text += (text.empty() ? "ranks " : "; ranks ") + ranks + " on " + places[first].host;
  }
  return text;
}

}  // namespace

Result<std::unique_ptr<Collective>> ChooseCollective(CollectiveKind kind, MpiGroup group) {
  const bool is_alone = group.places.size() == 1;
  if (kind == CollectiveKind::kMpi || (kind == CollectiveKind::kAuto && is_alone))
    return std::move(group.collective);
  if (!IsOneHost(group.places)) {
    if (kind == CollectiveKind::kAuto) return std::move(group.collective);
    return Status(Code::kFailedPrecondition,
                  "collective: shared_memory wants all ranks on one host, found " +
                      RanksByHost(group.places));
  }
  Result<std::unique_ptr<Collective>> shared = FormSharedMemory(*group.collective);
  const bool is_impossible = shared.status().code() == Code::kFailedPrecondition;
  if (kind != CollectiveKind::kAuto || !is_impossible) return shared;
  if (group.collective->rank() == 0)
    LogWarning("ranks of one host talk over MPI reason={}", shared.status().message());
  return std::move(group.collective);
}

Result<std::unique_ptr<Collective>> FormCollective(CollectiveKind kind, ReductionKind reduction,
                                                   std::span<const int> world_ranks, int tag) {
  if (reduction == ReductionKind::kFastest) {
    DESCENT_CHECK(kind != CollectiveKind::kSharedMemory);
    return MakeFastestCollective(world_ranks, tag);
  }
  if (kind == CollectiveKind::kMpi) return MakeMpiCollective(world_ranks, tag);
  DESCENT_ASSIGN(MpiGroup group, MakeMpiGroup(world_ranks, tag));
  return ChooseCollective(kind, std::move(group));
}

}  // namespace descent
