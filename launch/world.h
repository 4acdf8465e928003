#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.h"
#include "launch/mpi_leftovers.h"
#include "launch/stop_signals.h"
#include "launch/world_output.h"

namespace descent {

struct WorldEnd {
  bool was_asked_to_stop = false;  // SIGTERM or SIGINT came
  bool was_recalled = false;       // its owner wants to start another one
  RankExit cause;                  // otherwise: what ended first
  std::chrono::milliseconds lived{0};
  int ranks_started = 0;
  std::string said;  // the last lines on its standard error
};

// One run of mpirun with its ranks: the processes that carry the pool's name in their environment.
// One thread, the one that lives as long as the program: the system tells mpirun to end with the
// thread that started it.
class World {
 public:
  // Runs `command`, whose first argument is a path, in a process group of its own. This process
  // becomes the one that adopts orphans below it. kUnavailable: it cannot be started.
  static Result<std::unique_ptr<World>> Start(std::vector<std::string> command,
                                              const std::string& pool);
  ~World();  // kills what is left

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Blocks until a process of the world ends, which is the end of the world, a signal comes, or
  // `is_recalled`, which is asked some times a second if it is given, says so.
  WorldEnd Wait(const StopSignals& signals, const std::function<bool()>& is_recalled = nullptr);

  // Asks mpirun to end the ranks and waits for as long as `grace` says, which is asked again and
  // again. Then Kill.
  void Stop(const std::function<std::chrono::milliseconds()>& grace);

  // Whether any rank, on any host, has ended with that code by itself.
  bool HasRankExitedWith(int code) const { return output_.HasExitedWith(code); }

  // Nothing of the world is left on this host afterwards: no process, no zombie, no file of Open
  // MPI. mpirun's own end says nothing about its ranks', so they are looked for.
  void Kill();

 private:
  World(pid_t mpirun, int mpirun_descriptor, int output, std::string pool);

  void AwaitNews(const StopSignals* signals, std::chrono::milliseconds timeout);
  void Reap();
  void RememberLeftovers();

  const pid_t mpirun_;
  const int mpirun_descriptor_;  // a pidfd
  const std::string pool_;
  const std::chrono::steady_clock::time_point start_;
  WorldOutput output_;
  std::optional<int> mpirun_status_;  // once it is reaped
  std::vector<MpiLeftovers> leftovers_;
  bool is_dead_ = false;
};

}  // namespace descent
