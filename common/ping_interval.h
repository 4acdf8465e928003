#pragma once

#include <chrono>

namespace descent {

// Keep-alive pings of gRPC. A server ends a connection on which they come more often than it wants
// to be asked (too_many_pings), so the two ends agree here. client/python has those of users.

struct PingIntervals {
  std::chrono::milliseconds interval;  // between the pings of either end
  std::chrono::milliseconds timeout;   // without an answer to one the other end is gone
  std::chrono::milliseconds accepted;  // the least that a server takes
};

inline constexpr PingIntervals kUserPings{std::chrono::seconds(60), std::chrono::seconds(20),
                                          std::chrono::seconds(30)};
inline constexpr PingIntervals kWorkerPings{std::chrono::seconds(20), std::chrono::seconds(10),
                                            std::chrono::seconds(10)};

}  // namespace descent
