#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace descent {

// Ends the process, with exit status 1, once there is nothing left to hope for. MPI's world ends
// with it, and so whoever started the world sees that, where a rank that hangs would keep it
// useless but alive.
class ExitWatch {
 public:
  // How often the watch looks. A machine that sleeps does not make time pass for it.
  static constexpr std::chrono::milliseconds kInterval{100};

  // `is_hopeless` is asked every kInterval, in the watch's thread; `reason` is logged.
  ExitWatch(std::function<bool()> is_hopeless, std::string reason);
  ~ExitWatch();  // it is over, and went well
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

 private:
  void Watch();

  const std::function<bool()> is_hopeless_;
  const std::string reason_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace descent
