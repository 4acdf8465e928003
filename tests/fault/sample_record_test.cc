#include "common/sample_record.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(SampleRecordTest, HasTheBatchesOfEachAttemptByThemselves) {
  const TemporaryDirectory directory;
  setenv("DESCENT_FAILPOINT_RECORD", directory.path().c_str(), 1);
  const std::array<std::int64_t, 2> first = {7, 3};
  const std::array<std::int64_t, 1> second = {12};

  BeginSampleRecord(4, 1);
  RecordSamples(0, first);
  RecordSamples(1, second);
  BeginSampleRecord(5, 0);
  RecordSamples(1, second);

  EXPECT_EQ(ReadAll(directory.path() / "samples.4.1"), "0 7 3\n1 12\n");
  EXPECT_EQ(ReadAll(directory.path() / "samples.5.0"), "1 12\n");
}

}  // namespace
}  // namespace descent
