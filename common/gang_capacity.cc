#include "common/gang_capacity.h"

#include <spdlog/fmt/fmt.h>

namespace descent {

Violation GangInfeasible(int workers_min, std::string_view largest_pool, int world_size) {
  return {"workers.min",
          fmt::format("{} requested, the largest pool \"{}\" has {} (GANG_INFEASIBLE)", workers_min,
                      largest_pool, world_size)};
}

}  // namespace descent
