#include "worker/process_meter.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

TEST(ProcessMeterTest, AThreadThatIsBusyAddsProcessorTime) {
  const ProcessMeter meter;
  const ResourceUse before = meter.Read();

  // By the clock that is measured, however slow the machine.
  ResourceUse after = before;
  while (after.cpu_seconds < before.cpu_seconds + 0.05) after = meter.Read();

  EXPECT_GT(after.measured_at_seconds, before.measured_at_seconds);
}

TEST(ProcessMeterTest, MemoryThatIsWrittenToIsResident) {
  constexpr std::size_t kBytes = std::size_t{64} << 20;
  const ProcessMeter meter;
  const ResourceUse before = meter.Read();

  const std::vector<char> block(kBytes, 'x');

  EXPECT_GE(meter.Read().resident_bytes,
            before.resident_bytes + static_cast<std::int64_t>(block.size()) / 2);
}

TEST(ProcessMeterTest, TheHostHasMoreThanTheProcessUses) {
  const ResourceUse use = ProcessMeter().Read();

  EXPECT_GE(use.host_cpus, 1);
  EXPECT_GT(use.resident_bytes, 0);
  EXPECT_GT(use.host_memory_bytes, use.resident_bytes);
}

}  // namespace
}  // namespace descent
