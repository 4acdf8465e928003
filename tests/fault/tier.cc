#include "tests/fault/tier.h"

#include <gtest/gtest.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace descent {

bool IsLongTier() {
  const char* const tier = std::getenv("DESCENT_FAULT_TIER");
  return tier != nullptr && std::string_view(tier) == "long";
}

std::uint64_t FaultSeed() {
  const char* const seed = std::getenv("DESCENT_FAULT_SEED");
  return seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10);
}

void ReportTrials(std::string_view what, std::size_t trials) {
  if (testing::Test::HasFailure() || trials == 0) return;
  const std::string line = fmt::format(
      "{}: {} trials, 0 failures, {} tier, seed {}; fewer than {:.1e} fail (3/n, 95 %)\n", what,
      trials, IsLongTier() ? "long" : "short", FaultSeed(), 3.0 / static_cast<double>(trials));
  std::fputs(line.c_str(), stdout);
}

std::string MemoryDirectory() {
  const std::string memory = "/dev/shm/";
  return access(memory.c_str(), W_OK) == 0 ? memory : testing::TempDir();
}

}  // namespace descent
