#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "common/status.h"

namespace descent {

// Where the ranks of a group wait for each other before they form it: MPI_Comm_create_group waits
// for all of them and cannot be told to give up, this can. One object for each rank of MPI's world,
// for as long as the rank forms groups; one thread, under the rules of MakeMpiCollective.
class GroupMeeting {
 public:
  using IsVoid = std::function<bool()>;

  GroupMeeting();
  ~GroupMeeting();

  // Returns once all of `world_ranks` have come for group `number`: all of them form it now.
  // Numbers of groups grow, for each rank. A group of ranks that are not all in the world, or
  // without this one, is not waited for: whoever forms it refuses it.
  //   kAborted  `is_void`, which is asked again and again, has answered true here or on another
  //   rank
  //             before all had come, or another rank has come for a newer group
  // A rank that gives up as the last one comes waits for half a second for what the first has
  // decided. Only if that takes longer do the others form a group without it.
  Status WaitForAll(std::span<const int> world_ranks, std::int64_t number, const IsVoid& is_void);

 private:
  class Messages;

  Status WaitAsHost(std::span<const int> guests, std::int64_t number, const IsVoid& is_void);
  Status WaitAsGuest(int host, std::int64_t number, const IsVoid& is_void);

  const std::unique_ptr<Messages> messages_;
};

}  // namespace descent
