#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>

#include "common/credential_files.h"
#include "common/result.h"
#include "worker/log_ring.h"

namespace descent {

// Sends what this process writes to its standard output and error, itself or by MPI or any library,
// to the coordinator, and passes it on to where it went before. Another process does this, which
// outlives this one: what a rank says as it crashes is read to the end, goes to whoever reads
// mpirun's output, and is sent. Lines of no assignment are only passed on; of a flood the oldest
// are dropped and counted. The process sees neither signals for this one's group nor its end by a
// signal; it leaves once everything is sent, or a second later. One thread, but for SetStep.
class OutputRelay {
 public:
  // Call before there is a second thread. `coordinator`: HOST:PORT of its worker listener;
  // `arguments`: of main, in whose place the other process shows its name. kUnavailable: the system
  // has no room for it.
  static Result<std::unique_ptr<OutputRelay>> Start(const std::string& coordinator,
                                                    const Credentials& credentials,
                                                    std::span<char*> arguments);
  ~OutputRelay();  // gives the streams back, and waits for the other process

  OutputRelay(const OutputRelay&) = delete;
  OutputRelay& operator=(const OutputRelay&) = delete;

  // Standard error as it was: for what reaches the coordinator in another way.
  std::FILE* passed_by() const { return passed_by_; }

  void BeginAssignment(const LogOrigin& origin);
  void SetStep(std::int64_t steps_done);  // any thread
  // Blocks until what was written before is stored, little longer than limits::kLogFlushMax.
  void EndAssignment();

 private:
  OutputRelay(std::array<int, 2> originals, int control, pid_t process,
              std::atomic<std::int64_t>* step);

  const std::array<int, 2> originals_;  // stdout and stderr as they were
  const int control_;
  const pid_t process_;
  std::atomic<std::int64_t>* const step_;  // shared with the other process
  std::FILE* const passed_by_;
};

}  // namespace descent
