#include "worker/collective/mpi_exchange.h"

#include <mpi.h>
#include <sys/prctl.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <climits>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "worker/collective/slice.h"

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMessageTag = 0;  // the communicator is ours alone, and pairs keep their order
constexpr std::chrono::microseconds kSpinTime{20};
constexpr std::chrono::milliseconds kNapTime{20};
constexpr std::chrono::microseconds kNap{20};
constexpr std::chrono::microseconds kSleepTime{100};
constexpr std::chrono::milliseconds kAbortGraceTime{50};

// What to do between two looks at something that another process changes. MPI moves messages over
// a network only while somebody looks, a few packets each time: naps are short as long as there may
// be some, and made so by the timer's slack, which is 50 us otherwise. Yielding would give the core
// away for a whole time slice where other threads want it.
class Backoff {
 public:
  void Pause() const {
    const auto waited = Clock::now() - start_;
    if (waited < kSpinTime) return;
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    std::this_thread::sleep_for(waited < kNapTime ? kNap : kSleepTime);
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

class MpiExchange final : public SummingExchange {
 public:
  MpiExchange(MPI_Comm comm, std::size_t message_bytes_max)
      : comm_(comm), message_bytes_max_(message_bytes_max) {
    DESCENT_CHECK(sizeof(float) <= message_bytes_max && message_bytes_max <= kMpiMessageBytesMax);
    MPI_Comm_set_errhandler(comm_, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm_, &rank_);
    MPI_Comm_size(comm_, &world_size_);
    counts_.resize(static_cast<std::size_t>(world_size_));
  }
  ~MpiExchange() override {
    if (!is_aborted_) MPI_Comm_free(&comm_);
  }

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }

  Result<std::size_t> Start(std::span<const Outgoing> sends,
                            std::span<const Incoming> receives) override {
    if (is_aborted_) return Aborted();
    // Receives first: a message that is expected is written to its place at once.
    for (const auto& [peer, bytes] : receives)
      if (const int error = Receive(peer, bytes); error != MPI_SUCCESS)
        return Fail("starting a message", error);
    for (const auto& [peer, bytes] : sends)
      if (const int error = Send(peer, bytes); error != MPI_SUCCESS)
        return Fail("starting a message", error);
    batches_.push_back({.sent = sends_.size(), .received = receives_.size()});
    return batches_.size() - 1;
  }

  Status Await(std::size_t batch) override {
    const Batch first = batch == 0 ? Batch{} : batches_[batch - 1];
    const Batch last = batches_[batch];
    return WaitFor(std::span(receives_).subspan(first.received, last.received - first.received),
                   std::span(sends_).subspan(first.sent, last.sent - first.sent));
  }

  Status Finish() override {
    const Status status = WaitFor(receives_, sends_);
    if (!status.ok()) return status;
    receives_.clear();
    sends_.clear();
    batches_.clear();
    return Status();
  }

  // Pieces go one after the other: MPI takes memory of its own for each that is under way.
  Status AllReduce(std::span<const float> values, std::span<float> sum) override {
    DESCENT_CHECK(sum.size() == values.size());
    for (std::size_t first = 0; first < values.size(); first += PieceElements()) {
      const std::size_t size = std::min(values.size() - first, PieceElements());
      const void* const from = values.data() == sum.data() ? MPI_IN_PLACE : values.data() + first;
      DESCENT_RETURN_IF_ERROR(Perform("adding", [&](MPI_Request& request) {
        return MPI_Iallreduce(from, sum.data() + first, static_cast<int>(size), MPI_FLOAT, MPI_SUM,
                              comm_, &request);
      }));
    }
    return is_aborted_ ? Aborted() : Status();
  }

  // Pieces are cut from the whole of the values, so most of them lie in one rank's slice.
  Status ReduceScatter(std::span<const float> values, std::span<float> slice_sum) override {
    const auto size = static_cast<std::int64_t>(values.size());
    DESCENT_CHECK(std::ssize(slice_sum) == SliceOf(size, world_size_, rank_).size());
    const auto piece_size = static_cast<std::int64_t>(PieceElements());
    for (std::int64_t first = 0; first < size; first += piece_size) {
      const IndexRange piece{first, std::min(size, first + piece_size)};
      for (int rank = 0; rank < world_size_; ++rank)
        counts_[static_cast<std::size_t>(rank)] =
            static_cast<int>(Common(piece, SliceOf(size, world_size_, rank)).size());
      const std::int64_t before = Common({0, first}, SliceOf(size, world_size_, rank_)).size();
      DESCENT_RETURN_IF_ERROR(Perform("adding", [&](MPI_Request& request) {
        return MPI_Ireduce_scatter(values.data() + first, slice_sum.data() + before, counts_.data(),
                                   MPI_FLOAT, MPI_SUM, comm_, &request);
      }));
    }
    return is_aborted_ ? Aborted() : Status();
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
                                  peer, kMessageTag, comm_, &receives_.emplace_back());
      if (error != MPI_SUCCESS) return error;
    }
    return MPI_SUCCESS;
  }

  int Send(int peer, std::span<const std::byte> bytes) {
    for (; !bytes.empty(); bytes = bytes.subspan(PieceOf(bytes.size()))) {
      const int error = MPI_Isend(bytes.data(), static_cast<int>(PieceOf(bytes.size())), MPI_BYTE,
                                  peer, kMessageTag, comm_, &sends_.emplace_back());
      if (error != MPI_SUCCESS) return error;
    }
    return MPI_SUCCESS;
  }

  std::size_t PieceOf(std::size_t byte_count) const {
    return std::min(byte_count, message_bytes_max_);
  }
  std::size_t PieceElements() const { return message_bytes_max_ / sizeof(float); }

  static IndexRange Common(IndexRange a, IndexRange b) {
    const std::int64_t first = std::max(a.first, b.first);
    return {first, std::max(first, std::min(a.last, b.last))};
  }

  // One operation of MPI that cannot be cancelled, from its start to its end.
  template <typename Starter>
  Status Perform(const char* what, const Starter& start) {
    if (is_aborted_) return Aborted();
    sends_.assign(1, MPI_REQUEST_NULL);
    if (const int error = start(sends_[0]); error != MPI_SUCCESS) return Fail(what, error);
    return Finish();
  }

  // Whatever else is under way goes on meanwhile.
  Status WaitFor(std::span<MPI_Request> receives, std::span<MPI_Request> sends) {
    const Backoff backoff;
    while (true) {
      bool is_done = false;
      const int error = TestAll(receives, sends, is_done);
      if (error != MPI_SUCCESS) return Fail("moving messages", error);
      if (is_done) return Status();
      if (is_aborted_) return Abandon();
      backoff.Pause();
    }
  }

  // A receive that no message has matched is cancelled, so that nothing is written later. What has
  // been matched ends by itself if both sides go on for a moment. A send cannot be cancelled: one
  // that nobody takes remains, and whatever uses MPI later may move it on. Nor can a sum.
  Status Abandon() {
    for (MPI_Request& receive : receives_)
      if (receive != MPI_REQUEST_NULL) MPI_Cancel(&receive);
    const auto deadline = Clock::now() + kAbortGraceTime;
    bool is_done = false;
    while (!is_done && Clock::now() < deadline) {
      if (TestAll(receives_, sends_, is_done) != MPI_SUCCESS) break;
      std::this_thread::sleep_for(kSleepTime);
    }
    is_memory_in_use_ = !is_done;
    return Aborted();
  }

  static int TestAll(std::span<MPI_Request> receives, std::span<MPI_Request> sends, bool& is_done) {
    for (const std::span<MPI_Request> requests : {receives, sends}) {
      int flag = 0;
      const int error = MPI_Testall(static_cast<int>(requests.size()), requests.data(), &flag,
                                    MPI_STATUSES_IGNORE);
      if (error != MPI_SUCCESS || !flag) return error;
    }
    is_done = true;
    return MPI_SUCCESS;
  }

  struct Batch {  // counts of requests up to its end
    std::size_t sent = 0;
    std::size_t received = 0;
  };

  MPI_Comm comm_;  // ours alone, so no other library's traffic can match our messages
  const std::size_t message_bytes_max_;
  int rank_ = 0;
  int world_size_ = 0;
  // Since the last Finish; a sum is among the sends, as it cannot be cancelled.
  std::vector<MPI_Request> receives_;
  std::vector<MPI_Request> sends_;
  std::vector<Batch> batches_;
  std::vector<int> counts_;  // [world_size]: each rank's part of a piece of a sum
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

std::unique_ptr<SummingExchange> MakeExchange(MPI_Comm comm, std::size_t message_bytes_max) {
  return std::make_unique<MpiExchange>(comm, message_bytes_max);
}

}  // namespace

Result<std::unique_ptr<SummingExchange>> FormMpiExchange(std::span<const int> world_ranks, int tag,
                                                         std::size_t message_bytes_max) {
  DESCENT_ASSIGN(const MPI_Comm comm, FormCommunicator(world_ranks, tag));
  return MakeExchange(comm, message_bytes_max);
}

Result<PlacedMpiExchange> FormPlacedMpiExchange(std::span<const int> world_ranks, int tag,
                                                std::size_t message_bytes_max) {
  DESCENT_ASSIGN(const MPI_Comm comm, FormCommunicator(world_ranks, tag));
  DESCENT_ASSIGN(const int first_rank, FirstRankOnHost(comm));
  return PlacedMpiExchange{.exchange = MakeExchange(comm, message_bytes_max),
                           .first_rank_on_host = first_rank};
}

}  // namespace descent
