#include "common/failpoint.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

// A process reads its environment once, at its first passage: each of these has one of its own.
[[noreturn]] void PassTwiceWith(const char* points) {
  setenv("DESCENT_FAILPOINTS", points, 1);
  PassFailpoint("a.point");
  std::fputs("passed once\n", stderr);
  PassFailpoint("a.point");
  std::fputs("passed twice\n", stderr);
  std::_Exit(0);
}

TEST(FailpointDeathTest, EndsTheProcessAtTheFirstPassage) {
  EXPECT_EXIT(PassTwiceWith("a.point=kill"), testing::KilledBySignal(SIGKILL), "^$");
}

TEST(FailpointDeathTest, EndsTheProcessAtThePassageThatIsNamed) {
  EXPECT_EXIT(PassTwiceWith("a.point=kill@2"), testing::KilledBySignal(SIGKILL), "^passed once\n$");
}

TEST(FailpointDeathTest, LeavesOtherPointsAlone) {
  EXPECT_EXIT(PassTwiceWith("another.point=kill,a.point=kill@3"), testing::ExitedWithCode(0),
              "passed twice");
}

TEST(FailpointDeathTest, LeavesOtherProgramsAlone) {
  EXPECT_EXIT(PassTwiceWith("descent-worker/a.point=kill"), testing::ExitedWithCode(0),
              "passed twice");
}

TEST(FailpointDeathTest, EndsTheRankThatIsNamed) {
  setenv("OMPI_COMM_WORLD_RANK", "2", 1);

  EXPECT_EXIT(PassTwiceWith("rank:2/a.point=kill"), testing::KilledBySignal(SIGKILL), "^$");
}

TEST(FailpointDeathTest, LeavesOtherRanksAlone) {
  setenv("OMPI_COMM_WORLD_RANK", "1", 1);

  EXPECT_EXIT(PassTwiceWith("rank:2/a.point=kill"), testing::ExitedWithCode(0), "passed twice");
}

TEST(FailpointDeathTest, EndsOneOfTheProcessesThatShareARecord) {
  const TemporaryDirectory record;
  setenv("DESCENT_FAILPOINT_RECORD", record.path().c_str(), 1);

  EXPECT_EXIT(PassTwiceWith("a.point=kill@2"), testing::KilledBySignal(SIGKILL), "passed once");
  EXPECT_EXIT(PassTwiceWith("a.point=kill@2"), testing::ExitedWithCode(0), "passed twice");

  std::string program;
  std::string rank;
  std::string pid;
  std::string passage;
  std::ifstream(record.path() / "fired.a.point") >> program >> rank >> pid >> passage;
  EXPECT_EQ(program, "failpoint_test");
  EXPECT_EQ(passage, "2");
}

TEST(FailpointDeathTest, CountsPassages) {
  const TemporaryDirectory record;
  setenv("DESCENT_FAILPOINT_RECORD", record.path().c_str(), 1);
  unsetenv("OMPI_COMM_WORLD_RANK");

  EXPECT_EXIT(PassTwiceWith("*=count"), testing::ExitedWithCode(0), "passed twice");

  std::ifstream counted(record.path() / "count.failpoint_test.-.a.point");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(counted), {}), "..");
}

TEST(FailpointDeathTest, AnEntryThatCannotBeReadIsShown) {
  for (const char* entry : {"a.point", "=kill", "a.point=end", "a.point=kill@0", "a.point=kill@",
                            "a.point=delay()", "a.point=delay(x)"})
    EXPECT_EXIT(PassTwiceWith(entry), testing::ExitedWithCode(2), "wanted .PROGRAM/.") << entry;
}

}  // namespace
}  // namespace descent
