#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace descent {

// What `descent plan` is asked with.

// A link between hosts.
struct NetworkFlag {
  double bytes_per_second = 0;
  double message_seconds = 0;
};

// "25Gbit,10us": a rate (bit, Kbit, Mbit, Gbit, Tbit, or MB and GB, a second), a comma and what a
// message takes besides (ns, us, ms, s). kInvalidArgument: it is something else.
Result<NetworkFlag> ParseNetwork(std::string_view text);

// "8..4096" as 8, 16, 32 and so on, the last one also if it is no such number, and "1,2,4" as it
// is. Each at least 1 and at most `most`, ascending; kInvalidArgument: it is something else.
Result<std::vector<int>> ParseWorkerCounts(std::string_view text, int most);

}  // namespace descent
