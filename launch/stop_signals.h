#pragma once

#include <chrono>

namespace descent {

// SIGTERM and SIGINT as something to poll for. Made before any other thread, because it blocks them
// in this one and in those started later; a child unblocks them.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int descriptor() const { return descriptor_; }  // readable: one has come

  // Whether one comes within that time; blocks. It is not taken away.
  bool Wait(std::chrono::milliseconds timeout) const;

  // Takes away those that have come. True: there was one.
  bool Take() const;

 private:
  int descriptor_;
};

}  // namespace descent
