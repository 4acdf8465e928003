#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace descent {

// Every test of this folder has two tiers: a short one of seconds, and a long one that tries all
// there is, or as much as docs/reliability.md promises. DESCENT_FAULT_TIER=long asks for it.
bool IsLongTier();

// What random choices come from: DESCENT_FAULT_SEED, or 1. The same seed, tier and program try the
// same in the same order.
std::uint64_t FaultSeed();

// A line that says what was tried how often, unless this test has failed. After n trials without a
// failure, fewer than 3 in n fail (95 %).
void ReportTrials(std::string_view what, std::size_t trials);

// Where files are kept in memory, if there is such a place. Ends with a slash.
std::string MemoryDirectory();

}  // namespace descent
