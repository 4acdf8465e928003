#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"

namespace descent {

// What a child has of the process that starts it, beside the environment and the user.
struct ChildLimits {
  bool dumps_core = true;
  bool inherits_descriptors = true;  // those that are not closed by exec
};

// A child in a process group of its own, so that Ctrl-C in the terminal reaches only us. The system
// sends it SIGTERM when the thread that started it ends, whatever ends it. One thread.
class ChildProcess {
 public:
  // Runs arguments[0], a path; stdin is empty, stdout and stderr go to `log`, which is made anew.
  // kNotFound: no such program. kUnavailable: it cannot be started.
  static Result<ChildProcess> Start(const std::vector<std::string>& arguments,
                                    const std::filesystem::path& log, ChildLimits limits = {});
  ~ChildProcess();  // stops at once

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  bool HasEnded();                        // does not block
  std::string EndText() const;            // once it has ended: "exit status 1", "signal 9 (Killed)"
  std::optional<int> ExitStatus() const;  // once it has ended; absent: a signal ended it
  const std::filesystem::path& log() const { return log_; }
  pid_t pid() const { return pid_; }

  // SIGTERM to the group, SIGKILL after `grace`, and reaps the child: until then its number is
  // nobody else's. Once.
  void Stop(std::chrono::milliseconds grace);

 private:
  ChildProcess(pid_t pid, std::filesystem::path log);

  pid_t pid_;
  std::filesystem::path log_;
  bool has_ended_ = false;
  bool is_reaped_ = false;
  int wait_status_ = 0;
};

// The program of that name in the directory of this one. kNotFound: it is not there.
Result<std::filesystem::path> ProgramBeside(const std::string& name);

// A new empty directory that nobody else can read; the caller removes it.
Result<std::filesystem::path> MakeTemporaryDirectory();

// The last `count` lines of a file, each after two spaces; empty if it cannot be read.
std::string TailOf(const std::filesystem::path& file, int count);

}  // namespace descent
