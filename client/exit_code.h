#pragma once

namespace descent {

// What `descent` tells the shell. Stable: scripts depend on it (`descent help exit-codes`).
enum class ExitCode {
  kDone = 0,
  kError = 1,
  kUsage = 2,  // or an invalid spec
  kJobFailed = 3,
  kPermission = 4,
  kNotFound = 5,
  kConflict = 6,  // or the wrong state
  kUnreachable = 7,
  kJobCancelled = 8,
  kTimedOut = 124,     // as the command timeout
  kInterrupted = 130,  // Ctrl-C that only detaches
};

}  // namespace descent
