#include "worker/log_ring.h"

#include <algorithm>
#include <utility>

#include "common/utf8.h"

namespace descent {
namespace {

// Lines travel together: often enough to be followed by eye.
constexpr std::chrono::milliseconds kChunkInterval{200};
constexpr std::string_view kCut = " [cut]";

// What is not UTF-8 would be refused, in each new stream.
std::string Fitted(std::string_view bytes) {
  std::string text = ToUtf8(bytes);
  if (text.size() <= limits::kLogTextBytesMax) return text;
  std::size_t size = limits::kLogTextBytesMax - kCut.size();
  // Not within a character: all but the first byte of one in UTF-8 are 10xxxxxx.
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size).append(kCut);
}

}  // namespace

void LogRing::BeginAssignment(LogOrigin origin) {
  auto shared = std::make_shared<const LogOrigin>(std::move(origin));
  const std::lock_guard lock(mutex_);
  origin_ = std::move(shared);
  step_.reset();
  last_sequence_ = 0;
}

void LogRing::SetStep(std::int64_t steps_done) {
  const std::lock_guard lock(mutex_);
  step_ = steps_done;
}

void LogRing::EndAssignment() {
  const std::lock_guard lock(mutex_);
  origin_ = nullptr;
}

void LogRing::Add(LogSeverity severity, std::int64_t time_us, std::string_view text,
                  LogSource source) {
  std::string fitted = Fitted(text);
  {
    const std::lock_guard lock(mutex_);
    if (origin_ == nullptr) return;
    entries_.push_back({.origin = origin_,
                        .sequence = ++last_sequence_,
                        .ordinal = ++last_ordinal_,
                        .line = {.time_us = time_us,
                                 .severity = severity,
                                 .attempt = origin_->attempt,
                                 .rank = origin_->rank,
                                 .source = source,
                                 .step = step_,
                                 .text = std::move(fitted)}});
    bytes_ += entries_.back().bytes();
    while (bytes_ > bytes_max_ && entries_.size() > 1) PopFront();
  }
  changed_.notify_all();
}

void LogRing::PopFront() {
  bytes_ -= entries_.front().bytes();
  entries_.pop_front();
}

std::optional<LogChunk> LogRing::WaitForChunk() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_closed_ || !entries_.empty(); });
  changed_.wait_until(lock, next_chunk_at_, [this] { return is_closed_ || waiting_ > 0; });
  if (is_closed_) return std::nullopt;
  next_chunk_at_ = MonotonicNow() + kChunkInterval;
  return Front();
}

// Entries never leave but by Acknowledge, of the thread that calls WaitForChunk, or for newer ones.
LogChunk LogRing::Front() const {
  const Entry& first = entries_.front();
  LogChunk chunk{.job = first.origin->job,
                 .generation = first.origin->generation,
                 .first_sequence = first.sequence,
                 .lines = {}};
  std::size_t bytes = 0;
  for (const Entry& entry : entries_) {
    bytes += entry.bytes();
    if (entry.origin != first.origin) break;
    if (!chunk.lines.empty() && bytes > limits::kLogChunkBytes) break;
    chunk.lines.push_back(entry.line);
  }
  return chunk;
}

void LogRing::Acknowledge(const LogChunk& chunk) {
  {
    const std::lock_guard lock(mutex_);
    const auto is_stored = [&](const Entry& entry) {
      return entry.origin->generation == chunk.generation &&
             entry.sequence <= chunk.last_sequence();
    };
    while (!entries_.empty() && is_stored(entries_.front())) PopFront();
  }
  changed_.notify_all();
}

bool LogRing::WaitUntilSent(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  const std::int64_t last = last_ordinal_;
  ++waiting_;
  changed_.notify_all();
  const bool is_sent = changed_.wait_for(
      lock, timeout, [&] { return entries_.empty() || entries_.front().ordinal > last; });
  --waiting_;
  return is_sent;
}

void LogRing::Close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace descent
