#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace descent {

// Names the pool in the environment of every process of one world, on every host. The workers take
// their pool's name from it, and the launcher finds by it what is left of a world.
inline constexpr const char* kPoolVariable = "DESCENT_POOL";

// The first argument of descent-launch where it runs a rank.
inline constexpr const char* kRankWrapperFlag = "--rank-wrapper";

struct PoolProcess {
  pid_t pid = 0;
  std::string environment;       // as in /proc/PID/environ
  bool is_rank_wrapper = false;  // launch/rank_wrapper.h
};

// The living processes of this user on this host that belong to the pool, this one excepted.
std::vector<PoolProcess> FindPoolProcesses(std::string_view pool);

// A name that no other world has, as 16 hexadecimal digits.
std::string DrawPoolName();

}  // namespace descent
