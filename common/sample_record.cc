#include "common/sample_record.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <span>
#include <string>

#include "common/check.h"

namespace descent {
namespace {

std::atomic<int> record = -1;  // one per process, as the directory is: its rank has one attempt

}  // namespace

void BeginSampleRecord(std::int64_t generation, int rank) {
  const char* const directory = std::getenv("DESCENT_FAILPOINT_RECORD");
  if (directory == nullptr) return;
  const std::string path = fmt::format("{}/samples.{}.{}", directory, generation, rank);
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  DESCENT_CHECK(descriptor >= 0);
  if (const int former = record.exchange(descriptor); former >= 0) close(former);
}

void RecordSamples(std::int64_t step, std::span<const std::int64_t> samples) {
  const int descriptor = record;
  if (descriptor < 0) return;
  std::string line = std::to_string(step);
  for (const std::int64_t sample : samples) line.append(1, ' ') += std::to_string(sample);
  line += '\n';
  DESCENT_CHECK(write(descriptor, line.data(), line.size()) == std::ssize(line));
}

}  // namespace descent
