#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/clock.h"

namespace descent {

// What a trace calls a piece of work, in text that outlives the track.
struct TraceLabel {
  std::string_view phase;       // what a summary adds up: "forward", "update"
  std::string_view name;        // "matmul"
  std::string_view layer = {};  // "transformer.h.0.attn.c_attn"
  std::string_view text = {};   // "y[4, 8] = relu(x)"
};

struct TraceEvent {
  const TraceLabel* label = nullptr;
  std::int64_t number = -1;  // of a step or a bucket
  MonotonicTime begin;
  MonotonicTime end;
};

// What one thread did and when, while the track is open. Takes all its memory at the start: what
// comes after `capacity` events is counted and left out. Record: from that one thread. Everything
// else: from any, at any time.
class TraceTrack {
 public:
  TraceTrack(std::string name, std::size_t capacity) : name_(std::move(name)), events_(capacity) {}

  void SetOpen(bool is_open) { is_open_.store(is_open, std::memory_order_relaxed); }
  bool is_open() const { return is_open_.load(std::memory_order_relaxed); }

  void Record(const TraceEvent& event) {
    const std::size_t count = count_.load(std::memory_order_relaxed);
    if (count < events_.size()) events_[count] = event;
    count_.store(count + 1, std::memory_order_release);
  }

  const std::string& name() const { return name_; }
  std::span<const TraceEvent> events() const {
    return std::span(events_).first(std::min(count(), events_.size()));
  }
  std::size_t left_out_count() const { return count() - events().size(); }

 private:
  std::size_t count() const { return count_.load(std::memory_order_acquire); }

  const std::string name_;
  std::vector<TraceEvent> events_;  // an event is not written again once it is counted
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> is_open_ = false;
};

// Records its own life on a track. Without a track, or if that is not open when it begins, it does
// nothing. The label outlives the track.
class TraceSpan {
 public:
  TraceSpan(TraceTrack* track, const TraceLabel& label, std::int64_t number = -1)
      : track_(track != nullptr && track->is_open() ? track : nullptr),
        label_(label),
        number_(number) {
    if (track_ != nullptr) begin_ = MonotonicNow();
  }
  ~TraceSpan() {
    if (track_ != nullptr) track_->Record({&label_, number_, begin_, MonotonicNow()});
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  TraceTrack* const track_;
  const TraceLabel& label_;
  const std::int64_t number_;
  MonotonicTime begin_;
};

}  // namespace descent
