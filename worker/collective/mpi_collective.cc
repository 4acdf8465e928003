#include "worker/collective/mpi_collective.h"

#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "worker/collective/tree_collective.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMessageTag = 0;  // the communicator is ours alone, and pairs keep their order
constexpr std::chrono::microseconds kSpinTime{20};
constexpr std::chrono::milliseconds kYieldTime{1};
constexpr std::chrono::microseconds kSleepTime{100};
constexpr std::chrono::milliseconds kAbortGraceTime{50};

// What to do between two looks at something that another process changes.
class Backoff {
 public:
  void Pause() const {
    const auto waited = Clock::now() - start_;
    if (waited < kSpinTime) return;
    if (waited < kYieldTime)
      sched_yield();
    else
      std::this_thread::sleep_for(kSleepTime);
  }

 private:
  const Clock::time_point start_ = Clock::now();
};

static_assert(kMpiMessageBytesMax <= INT_MAX, "MPI counts are int");

Status MpiFailed(const char* call, int error) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(error, text, &length);
  return Status(Code::kAborted, std::string(call) + " failed, a peer may be gone: " + text);
}

class MpiExchange final : public Exchange {
 public:
  MpiExchange(MPI_Comm comm, std::size_t message_bytes_max)
      : comm_(comm), message_bytes_max_(message_bytes_max) {
    DESCENT_CHECK(1 <= message_bytes_max && message_bytes_max <= kMpiMessageBytesMax);
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &world_size_);
  }
  ~MpiExchange() override {
    if (!is_aborted_) MPI_Comm_free(&comm_);
  }

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }

  Status Transfer(std::span<const Outgoing> sends, std::span<const Incoming> receives) override {
    if (is_aborted_) return Aborted();
    requests_.clear();
    // Receives first: a message that is expected is written to its place at once.
    for (const auto& [peer, bytes] : receives)
      if (const int error = Receive(peer, bytes); error != MPI_SUCCESS)
        return Fail("starting a message", error);
    const std::size_t receive_count = requests_.size();
    for (const auto& [peer, bytes] : sends)
      if (const int error = Send(peer, bytes); error != MPI_SUCCESS)
        return Fail("starting a message", error);
    return Finish(receive_count);
  }

  bool is_memory_in_use() const override { return is_memory_in_use_; }

  void Abort() override { is_aborted_ = true; }

 private:
  static Status Aborted() { return Status(Code::kAborted, "the group of ranks was aborted"); }

  Status Fail(const char* call, int error) {
    is_aborted_ = true;
    is_memory_in_use_ = true;
    return MpiFailed(call, error);
  }

  // Both sides cut a message into the same pieces, and pairs keep their order.
  int Receive(int peer, std::span<std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(PieceOf(bytes.size()))) {
      const int error = MPI_Irecv(bytes.data(), static_cast<int>(PieceOf(bytes.size())), MPI_BYTE,
                                  peer, kMessageTag, comm_, &requests_.emplace_back());
      if (error != MPI_SUCCESS) return error;
    }
    return MPI_SUCCESS;
  }

  int Send(int peer, std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(PieceOf(bytes.size()))) {
      const int error = MPI_Isend(bytes.data(), static_cast<int>(PieceOf(bytes.size())), MPI_BYTE,
                                  peer, kMessageTag, comm_, &requests_.emplace_back());
      if (error != MPI_SUCCESS) return error;
    }
    return MPI_SUCCESS;
  }

  std::size_t PieceOf(std::size_t byte_count) const {
    return std::min(byte_count, message_bytes_max_);
  }

  Status Finish(std::size_t receive_count) {
    const Backoff backoff;
    while (true) {
      int is_done = 0;
      const int error = TestAll(is_done);
      if (error != MPI_SUCCESS) return Fail("moving messages", error);
      if (is_done) return Status();
      if (is_aborted_) return Abandon(receive_count);
      backoff.Pause();
    }
  }

  // A receive that no message has matched is cancelled, so that nothing is written later. What has
  // been matched ends by itself if both sides go on for a moment. A send cannot be cancelled: one
  // that nobody takes remains, and whatever uses MPI later may move it on.
  Status Abandon(std::size_t receive_count) {
    for (std::size_t i = 0; i < receive_count; ++i)
      if (requests_[i] != MPI_REQUEST_NULL) MPI_Cancel(&requests_[i]);
    const auto deadline = Clock::now() + kAbortGraceTime;
    int is_done = 0;
    while (!is_done && Clock::now() < deadline) {
      if (TestAll(is_done) != MPI_SUCCESS) break;
      std::this_thread::sleep_for(kSleepTime);
    }
    is_memory_in_use_ = !is_done;
    return Aborted();
  }

  int TestAll(int& is_done) {
    return MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &is_done,
                       MPI_STATUSES_IGNORE);
  }

  MPI_Comm comm_;  // ours alone, so no other library's traffic can match our messages
  const std::size_t message_bytes_max_;
  int rank_ = 0;
  int world_size_ = 0;
  std::vector<MPI_Request> requests_;
  std::atomic<bool> is_aborted_ = false;
  bool is_memory_in_use_ = false;
};

Status ValidateRanks(std::span<const int> world_ranks) {
  int own = 0;
  int world_size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &own);
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  for (const int rank : world_ranks) {
    if (rank < 0 || rank >= world_size)
      return Status(Code::kInvalidArgument, "rank " + std::to_string(rank) +
                                                " is not in the MPI world of " +
                                                std::to_string(world_size));
    if (std::ranges::count(world_ranks, rank) > 1)
      return Status(Code::kInvalidArgument, "rank " + std::to_string(rank) + " is named twice");
  }
  if (std::ranges::count(world_ranks, own) == 0)
    return Status(Code::kInvalidArgument,
                  "this process, rank " + std::to_string(own) + ", is not in the group");
  return Status();
}

int CreateCommunicator(std::span<const int> world_ranks, int tag, MPI_Comm& comm) {
  MPI_Group world = MPI_GROUP_NULL;
  MPI_Group members = MPI_GROUP_NULL;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  int error =
      MPI_Group_incl(world, static_cast<int>(world_ranks.size()), world_ranks.data(), &members);
  if (error == MPI_SUCCESS) {
    error = MPI_Comm_create_group(MPI_COMM_WORLD, members, tag, &comm);
    MPI_Group_free(&members);
  }
  MPI_Group_free(&world);
  return error;
}

Result<MPI_Comm> FormCommunicator(std::span<const int> world_ranks, int tag) {
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Query_thread(&thread_level);
  DESCENT_CHECK(thread_level >= MPI_THREAD_SERIALIZED);
  DESCENT_RETURN_IF_ERROR(ValidateRanks(world_ranks));

  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm comm = MPI_COMM_NULL;
  const int error = CreateCommunicator(world_ranks, tag, comm);
  if (error != MPI_SUCCESS) return MpiFailed("forming the group", error);
  return comm;
}

// The lowest rank of `comm` that shares memory with this one.
Result<int> FirstRankOnHost(MPI_Comm comm) {
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm host = MPI_COMM_NULL;
  int error = MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &host);
  if (error != MPI_SUCCESS) return MpiFailed("finding the ranks of this host", error);
  int first_rank = rank;
  error = MPI_Bcast(&first_rank, 1, MPI_INT, 0, host);
  MPI_Comm_free(&host);
  if (error != MPI_SUCCESS) return MpiFailed("finding the ranks of this host", error);
  return first_rank;
}

struct PlaceRecord {
  int first_rank = 0;
  std::array<char, HOST_NAME_MAX + 1> host{};
};

std::unique_ptr<Collective> MakeCollective(MPI_Comm comm, std::size_t message_bytes_max) {
  return std::make_unique<TreeCollective>(std::make_unique<MpiExchange>(comm, message_bytes_max));
}

}  // namespace

Result<std::unique_ptr<Collective>> MakeMpiCollective(std::span<const int> world_ranks, int tag,
                                                      std::size_t message_bytes_max) {
  DESCENT_ASSIGN(const MPI_Comm comm, FormCommunicator(world_ranks, tag));
  return MakeCollective(comm, message_bytes_max);
}

Result<MpiGroup> MakeMpiGroup(std::span<const int> world_ranks, int tag) {
  DESCENT_ASSIGN(const MPI_Comm comm, FormCommunicator(world_ranks, tag));
  DESCENT_ASSIGN(const int first_rank, FirstRankOnHost(comm));
  MpiGroup group{.collective = MakeCollective(comm, kMpiMessageBytesMax), .places = {}};

  PlaceRecord mine{.first_rank = first_rank};
  gethostname(mine.host.data(), mine.host.size() - 1);
  std::vector<PlaceRecord> all(world_ranks.size());
  DESCENT_RETURN_IF_ERROR(group.collective->AllGather(std::as_bytes(std::span(&mine, 1)),
                                                      std::as_writable_bytes(std::span(all))));
  for (const PlaceRecord& record : all)
    group.places.push_back({.first_rank = record.first_rank, .host = record.host.data()});
  return group;
}

}  // namespace descent
