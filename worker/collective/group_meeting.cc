#include "worker/collective/group_meeting.h"

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace descent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kTag = 1;  // nobody else sends messages in MPI's world itself
constexpr std::chrono::microseconds kNap{100};
constexpr std::chrono::milliseconds kFarewellTime{500};

enum class Word : std::int64_t { kHere, kLeft, kForm, kGiveUp };

struct Message {
  std::int64_t number;  // of the group
  Word word;
};

// For the next word of one rank, which may never come.
struct Listening {
  int rank;
  bool has_come = false;
  Message message{};
  MPI_Request request = MPI_REQUEST_NULL;
};

Status GivenUp(const std::string& who) {
  return Status(Code::kAborted, who + " gave up before the group of ranks was formed");
}

std::string NameOf(int rank) { return "rank " + std::to_string(rank) + " of the pool"; }

bool CanBeFormed(std::span<const int> world_ranks) {
  int own = 0;
  int world_size = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &own);
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  return std::ranges::count(world_ranks, own) == 1 &&
         std::ranges::all_of(world_ranks, [&](int rank) { return 0 <= rank && rank < world_size; });
}

}  // namespace

class GroupMeeting::Messages {
 public:
  void Say(int rank, Message message) {
    ForgetTaken();
    Sent& sent = sent_.emplace_back(Sent{message, MPI_REQUEST_NULL});
    MPI_Isend(&sent.message, sizeof(Message), MPI_BYTE, rank, kTag, MPI_COMM_WORLD, &sent.request);
  }

  // False: nothing of group `number` or a newer one has come. What is of a newer one is kept for
  // it.
  bool Hear(Listening& listening, std::int64_t number, Message& heard) {
    ForgetTaken();
    std::deque<Message>& early = early_[listening.rank];
    while (!early.empty() && early.front().number < number) early.pop_front();
    if (early.empty()) Receive(listening, number, early);
    if (early.empty()) return false;
    heard = early.front();
    if (heard.number == number) early.pop_front();
    return true;
  }

  // What comes while it stops is kept: it may be of a newer group.
  void StopHearing(Listening& listening) {
    if (listening.request == MPI_REQUEST_NULL) return;
    MPI_Cancel(&listening.request);
    MPI_Status status;
    MPI_Wait(&listening.request, &status);
    int is_cancelled = 0;
    MPI_Test_cancelled(&status, &is_cancelled);
    if (!is_cancelled) early_[listening.rank].push_back(listening.message);
  }

 private:
  struct Sent {
    Message message;
    MPI_Request request;
  };

  // At most one message that is not of an older group.
  static void Receive(Listening& listening, std::int64_t number, std::deque<Message>& received) {
    while (received.empty()) {
      if (listening.request == MPI_REQUEST_NULL)
        MPI_Irecv(&listening.message, sizeof(Message), MPI_BYTE, listening.rank, kTag,
                  MPI_COMM_WORLD, &listening.request);
      int has_come = 0;
      MPI_Test(&listening.request, &has_come, MPI_STATUS_IGNORE);
      if (!has_come) return;
      if (listening.message.number >= number) received.push_back(listening.message);
    }
  }

  void ForgetTaken() {
    std::erase_if(sent_, [](Sent& sent) {
      int is_taken = 0;
      MPI_Test(&sent.request, &is_taken, MPI_STATUS_IGNORE);
      return is_taken != 0;
    });
  }

  std::map<int, std::deque<Message>> early_;  // by rank: what has come before it was asked for
  std::list<Sent> sent_;                      // that MPI may still read
};

GroupMeeting::GroupMeeting() : messages_(std::make_unique<Messages>()) {}
GroupMeeting::~GroupMeeting() = default;

Status GroupMeeting::WaitForAll(std::span<const int> world_ranks, std::int64_t number,
                                const IsVoid& is_void) {
  if (world_ranks.size() < 2 || !CanBeFormed(world_ranks)) return Status();
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  int own = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &own);
  // The first decides for all, so that all decide alike.
  if (own != world_ranks[0]) return WaitAsGuest(world_ranks[0], number, is_void);
  return WaitAsHost(world_ranks.subspan(1), number, is_void);
}

Status GroupMeeting::WaitAsHost(std::span<const int> guests, std::int64_t number,
                                const IsVoid& is_void) {
  std::vector<Listening> listenings;
  for (const int rank : guests) listenings.push_back({.rank = rank});
  std::string gave_up;
  while (gave_up.empty() && !std::ranges::all_of(listenings, &Listening::has_come)) {
    std::this_thread::sleep_for(kNap);
    for (Listening& guest : listenings) {  // also those that have come: they may leave again
      Message heard{};
      if (!messages_->Hear(guest, number, heard)) continue;
      guest.has_come = true;
      if (heard.number > number || heard.word == Word::kLeft) gave_up = NameOf(guest.rank);
    }
    if (is_void()) gave_up = "this rank";
  }
  for (Listening& guest : listenings) messages_->StopHearing(guest);
  const Word decision = gave_up.empty() ? Word::kForm : Word::kGiveUp;
  for (const int rank : guests) messages_->Say(rank, {number, decision});
  return gave_up.empty() ? Status() : GivenUp(gave_up);
}

Status GroupMeeting::WaitAsGuest(int host, std::int64_t number, const IsVoid& is_void) {
  messages_->Say(host, {number, Word::kHere});
  Listening listening{.rank = host};
  Message heard{};
  bool has_left = false;
  Clock::time_point leave_at;
  while (!messages_->Hear(listening, number, heard)) {
    if (!has_left && is_void()) {
      has_left = true;
      leave_at = Clock::now() + kFarewellTime;
      messages_->Say(host, {number, Word::kLeft});
    }
    if (has_left && Clock::now() > leave_at) {
      messages_->StopHearing(listening);
      return GivenUp("this rank");
    }
    std::this_thread::sleep_for(kNap);
  }
  const bool is_formed = heard.number == number && heard.word == Word::kForm;
  return is_formed ? Status() : GivenUp(NameOf(host));
}

}  // namespace descent
