#include "tests/simulation/event_queue.h"

#include <algorithm>
#include <tuple>

#include "common/check.h"

namespace descent {

bool EventQueue::IsLater(const Entry& a, const Entry& b) {
  return std::tie(a.time, a.number) > std::tie(b.time, b.number);
}

void EventQueue::At(Time time, std::function<void()> what) {
  heap_.push_back({std::max(time, now_), ++last_number_, std::move(what)});
  std::ranges::push_heap(heap_, IsLater);
}

void EventQueue::RunNext() {
  DESCENT_CHECK(!is_empty());
  std::ranges::pop_heap(heap_, IsLater);
  const Entry next = std::move(heap_.back());
  heap_.pop_back();
  now_ = next.time;
  next.what();
}

}  // namespace descent
