#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/worker_protocol.h"

namespace descent {

// What the process around a rank tells the launcher, as one line on its standard error. mpirun
// forwards that stream from every host, so local and remote ranks are heard in the same way:
//   descent-rank POOL started RANK HOST PID
//   descent-rank POOL exited RANK HOST PID CODE
//   descent-rank POOL signalled RANK HOST PID SIGNAL
struct RankReport {
  bool has_ended = false;
  RankExit rank;  // exit_code and signal only once it has ended
};

// Begins and ends with a newline: what the rank wrote last may be half a line.
std::string FormatRankReport(const RankReport& report);

// Nothing if the line has no report about that pool. mpirun may put a tag before it.
std::optional<RankReport> ParseRankReport(std::string_view line, std::string_view pool);

// "rank 1 (node-b, pid 4412) ended with signal 9 (Killed)"; without a rank it is mpirun.
std::string DescribeEnd(const RankExit& exit);

}  // namespace descent
