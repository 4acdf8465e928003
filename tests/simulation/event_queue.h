#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace descent {

// The clock of a simulation, and what is to happen: in the order of time, and at the same time in
// the order in which it was asked for.
class EventQueue {
 public:
  using Time = std::chrono::microseconds;  // since the beginning

  Time now() const { return now_; }
  // What was to be in the past is now.
  void At(Time time, std::function<void()> what);
  void After(Time delay, std::function<void()> what) { At(now_ + delay, std::move(what)); }
  // Something is left.
  void RunNext();
  bool is_empty() const { return heap_.empty(); }

 private:
  struct Entry {
    Time time;
    std::uint64_t number = 0;
    std::function<void()> what;
  };

  static bool IsLater(const Entry& a, const Entry& b);

  Time now_{0};
  std::uint64_t last_number_ = 0;
  std::vector<Entry> heap_;
};

}  // namespace descent
