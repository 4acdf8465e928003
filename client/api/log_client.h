#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/api/endpoint.h"
#include "client/api/reply.h"
#include "common/log_line.h"

namespace descent {

struct LogSelection {
  std::string job;         // its id
  std::vector<int> ranks;  // empty: all
  int attempt = 0;         // 0: all
  LogSeverity severity_min = LogSeverity::kDebug;
  std::string contains;              // empty: all
  std::set<LogSource> sources = {};  // empty: all
  std::optional<int> tail;           // only the last so many of what is there already
  bool follows = false;              // until the job is over
};

struct LogLines {
  std::vector<LogLine> lines;
  std::vector<std::string> json;  // of each line
};

// The logs of one coordinator's jobs. Any thread.
class LogClient {
 public:
  explicit LogClient(const Endpoint& endpoint);
  ~LogClient();

  struct Events {
    std::function<void(const LogLines&)> on_lines;
    std::function<void(bool is_connected)> on_connection;  // when it changes
    std::function<void()> on_gap;  // lines were removed before they could be read
  };

  // Hands over the selected lines in order, each once, also over restarts of the coordinator, which
  // is waited for for a minute. Blocks until the job is over, or without `follows` until all lines
  // that are there have been read.
  std::optional<ApiError> Read(const LogSelection& selection, const Events& events);

 private:
  struct Stub;

  const std::string address_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace descent
