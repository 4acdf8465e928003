#include "worker/collective/mpi_collective.h"

#include <mpi.h>
#include <sched.h>

#include <algorithm>
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

int CountOf(std::size_t byte_count) {
  DESCENT_CHECK(byte_count > 0);
  DESCENT_CHECK(byte_count <= INT_MAX);  // MPI counts are int
  return static_cast<int>(byte_count);
}

Status MpiFailed(const char* call, int error) {
  char text[MPI_MAX_ERROR_STRING] = "";
  int length = 0;
  MPI_Error_string(error, text, &length);
  return Status(Code::kAborted, std::string(call) + " failed, a peer may be gone: " + text);
}

class MpiExchange final : public Exchange {
 public:
  explicit MpiExchange(MPI_Comm comm) : comm_(comm) {
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
    const int error = Start(sends, receives);
    if (error != MPI_SUCCESS) return Fail("starting a message", error);
    return Finish(receives.size());
  }

  void Abort() override { is_aborted_ = true; }

 private:
  static Status Aborted() { return Status(Code::kAborted, "the group of ranks was aborted"); }

  Status Fail(const char* call, int error) {
    is_aborted_ = true;
    return MpiFailed(call, error);
  }

  // Receives first: a message that is expected is written to its place at once.
  int Start(std::span<const Outgoing> sends, std::span<const Incoming> receives) {
    requests_.assign(receives.size() + sends.size(), MPI_REQUEST_NULL);
    auto request = requests_.begin();
    for (const auto& [peer, bytes] : receives) {
      const int error = MPI_Irecv(bytes.data(), CountOf(bytes.size()), MPI_BYTE, peer, kMessageTag,
                                  comm_, &*request++);
      if (error != MPI_SUCCESS) return error;
    }
    for (const auto& [peer, bytes] : sends) {
      const int error = MPI_Isend(bytes.data(), CountOf(bytes.size()), MPI_BYTE, peer, kMessageTag,
                                  comm_, &*request++);
      if (error != MPI_SUCCESS) return error;
    }
    return MPI_SUCCESS;
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
  // been matched ends by itself if both sides go on for a moment.
  Status Abandon(std::size_t receive_count) {
    for (std::size_t i = 0; i < receive_count; ++i)
      if (requests_[i] != MPI_REQUEST_NULL) MPI_Cancel(&requests_[i]);
    const auto deadline = Clock::now() + kAbortGraceTime;
    int is_done = 0;
    while (!is_done && Clock::now() < deadline) {
      if (TestAll(is_done) != MPI_SUCCESS) break;
      std::this_thread::sleep_for(kSleepTime);
    }
    return Aborted();
  }

  int TestAll(int& is_done) {
    return MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &is_done,
                       MPI_STATUSES_IGNORE);
  }

  MPI_Comm comm_;  // ours alone, so no other library's traffic can match our messages
  int rank_ = 0;
  int world_size_ = 0;
  std::vector<MPI_Request> requests_;
  std::atomic<bool> is_aborted_ = false;
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

}  // namespace

Result<std::unique_ptr<Collective>> MakeMpiCollective(std::span<const int> world_ranks, int tag) {
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Query_thread(&thread_level);
  DESCENT_CHECK(thread_level >= MPI_THREAD_SERIALIZED);
  DESCENT_RETURN_IF_ERROR(ValidateRanks(world_ranks));

  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm comm = MPI_COMM_NULL;
  const int error = CreateCommunicator(world_ranks, tag, comm);
  if (error != MPI_SUCCESS) return MpiFailed("forming the group", error);
  return std::unique_ptr<Collective>(
      std::make_unique<TreeCollective>(std::make_unique<MpiExchange>(comm)));
}

}  // namespace descent
