#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>

namespace descent {

// The connections that wait for their peers, to ask or to take what was asked for: they may go when
// there are too many. Any thread.
class WaitingConnections {
 public:
  using Id = std::uint64_t;

  // A connection begins to wait. `close` is called at most once, from any thread, and must not
  // block.
  Id Add(std::function<void()> close);

  // It waits no more. False: it was told to close before.
  bool Remove(Id id);

  // Tells the one that has waited longest to close. False: none waits.
  bool CloseLongest();

 private:
  std::mutex mutex_;  // guards the following
  Id last_id_ = 0;
  std::map<Id, std::function<void()>> close_;  // by id: the longest waiting is first
};

}  // namespace descent
