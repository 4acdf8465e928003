#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/credential_files.h"
#include "common/worker_protocol.h"

namespace descent {

// Tells the coordinator how worlds ended, with a thread of its own: a coordinator that is away must
// not delay the next world. Each report is tried for half a minute. Report is for one thread.
class ExitReporter {
 public:
  // `coordinator`: HOST:PORT of its worker listener.
  ExitReporter(const std::string& coordinator, const Credentials& credentials);
  ~ExitReporter();  // what is not sent by now is dropped

  void Report(const RankExit& exit);

 private:
  class Channel;

  void Run();
  bool Send(const RankExit& exit);

  const std::unique_ptr<Channel> channel_;

  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  std::deque<RankExit> unsent_;
  bool is_stopping_ = false;

  std::thread thread_;
};

}  // namespace descent
