#include "launch/rank_report.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

std::string LineOf(const RankReport& report) {
  const std::string text = FormatRankReport(report);
  return text.substr(1, text.size() - 2);
}

const RankExit kKilled = {
    .pool = "ab12", .world_rank = 2, .host = "node-b", .pid = 4412, .exit_code = 0, .signal = 9};

TEST(RankReportTest, ASignalArrivesAsItWasTold) {
  const auto report = ParseRankReport(LineOf({.has_ended = true, .rank = kKilled}), "ab12");

  ASSERT_TRUE(report.has_value());
  EXPECT_TRUE(report->has_ended);
  EXPECT_EQ(report->rank.world_rank, 2);
  EXPECT_EQ(report->rank.host, "node-b");
  EXPECT_EQ(report->rank.pid, 4412);
  EXPECT_EQ(report->rank.signal, 9);
}

TEST(RankReportTest, AnExitCodeArrivesAsItWasTold) {
  const RankExit exit = {.pool = "ab12", .world_rank = 0, .host = "h", .pid = 1, .exit_code = 17};

  const auto report = ParseRankReport(LineOf({.has_ended = true, .rank = exit}), "ab12");

  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->rank.exit_code, 17);
  EXPECT_EQ(report->rank.signal, 0);
}

TEST(RankReportTest, AStartIsNoEnd) {
  const auto report = ParseRankReport(LineOf({.has_ended = false, .rank = kKilled}), "ab12");

  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->has_ended);
}

TEST(RankReportTest, TheTagThatMpirunPutsBeforeALineIsSkipped) {
  const std::string line = "[1,2]<stderr>:" + LineOf({.has_ended = true, .rank = kKilled});

  EXPECT_TRUE(ParseRankReport(line, "ab12").has_value());
}

TEST(RankReportTest, OtherLinesOfAWorkerAreNoReports) {
  EXPECT_FALSE(ParseRankReport("worker 2 I assigned job=x", "ab12").has_value());
  EXPECT_FALSE(ParseRankReport("descent-rank ab12 ended", "ab12").has_value());
  EXPECT_FALSE(ParseRankReport("descent-rank ab12 signalled 2 h 1", "ab12").has_value());
}

TEST(RankReportTest, AReportOfAnotherPoolIsNotHeard) {
  const std::string line = LineOf({.has_ended = true, .rank = kKilled});

  EXPECT_FALSE(ParseRankReport(line, "cd34").has_value());
}

TEST(RankReportTest, TheEndIsDescribedWithRankHostAndSignal) {
  EXPECT_EQ(DescribeEnd(kKilled), "rank 2 (node-b, pid 4412) ended with signal 9 (Killed)");
  EXPECT_EQ(DescribeEnd({.world_rank = -1, .host = "a", .pid = 7, .exit_code = 1}),
            "mpirun (a, pid 7) ended with exit code 1");
}

}  // namespace
}  // namespace descent
