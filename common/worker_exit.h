#pragma once

namespace descent {

// What a worker exits with when it leaves, and with it its world's mpirun. Of a worker that serves
// one job alone it says what became of that. Other failures are 1 and 2.
inline constexpr int kWorkerDone = 0;          // it had no job; or its only one SUCCEEDED
inline constexpr int kWorkerJobFailed = 3;     // its only job FAILED
inline constexpr int kWorkerJobCancelled = 8;  // or was CANCELLED
// The job goes on later, or elsewhere: EX_TEMPFAIL of sysexits, at which schedulers requeue.
inline constexpr int kWorkerRequeue = 75;

inline constexpr bool IsWorkersOutcome(int exit_code) {
  return exit_code == kWorkerDone || exit_code == kWorkerJobFailed ||
         exit_code == kWorkerJobCancelled || exit_code == kWorkerRequeue;
}

}  // namespace descent
