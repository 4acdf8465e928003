#include "client/render/log_text.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

const LogLine kLine{.time_us = 1'764'108'991'204'999,
                    .severity = LogSeverity::kWarning,
                    .rank = 2,
                    .step = 9120,
                    .text = "slow disk ms=80"};

TEST(LogTextTest, ALineShowsTimeRankSeverityStepAndText) {
  EXPECT_EQ(LogText({kLine}), "2025-11-25T22:16:31.204Z r2 WARN  step 9120 slow disk ms=80\n");
}

TEST(LogTextTest, ALineWithoutAStepShowsNone) {
  LogLine line = kLine;
  line.step.reset();

  EXPECT_EQ(LogText({line}), "2025-11-25T22:16:31.204Z r2 WARN  slow disk ms=80\n");
}

TEST(LogTextTest, ALineOfOutputShowsItsStream) {
  LogLine line = kLine;
  line.source = LogSource::kStderr;

  EXPECT_EQ(LogText({line}),
            "2025-11-25T22:16:31.204Z r2 WARN  step 9120 stderr: slow disk ms=80\n");
}

TEST(LogTextTest, ATextOfSeveralLinesStaysTogether) {
  LogLine line = kLine;
  line.text = "2 problems\none\ntwo";

  EXPECT_TRUE(LogText({line}).ends_with("2 problems\n    one\n    two\n"));
}

TEST(LogTextTest, APrefixBeginsEveryLine) {
  LogLine line = kLine;
  line.text = "2 problems\none";

  EXPECT_EQ(LogText({line}, "mlp  "),
            "mlp  2025-11-25T22:16:31.204Z r2 WARN  step 9120 2 problems\nmlp      one\n");
}

TEST(LogTextTest, WhatATerminalWouldObeyIsShownInItsPlace) {
  LogLine line = kLine;
  line.text = "\x1b[2J\rgone\ttab é";

  EXPECT_TRUE(LogText({line}).ends_with(" \\x1b[2J\\x0dgone\ttab é\n")) << LogText({line});
}

// U+009B is to some terminals what ESC [ is to all.
TEST(LogTextTest, ControlsOfTwoBytesAreShownInTheirPlaceToo) {
  LogLine line = kLine;
  line.text =
      "\xc2\x9b"
      "2J \xc2\xa0\xc2";

  EXPECT_TRUE(LogText({line}).ends_with(" \\xc2\\x9b2J \xc2\xa0\xc2\n")) << LogText({line});
}

TEST(LogTextTest, AFailureShowsTheRanksLastLines) {
  const FailureView failure{.reason = "WorkerLost", .message = "", .rank = 2, .log_tail = {kLine}};

  EXPECT_EQ(FailureLogText(failure, "mine"),
            "last lines of rank 2 in attempt 1:\n"
            "  2025-11-25T22:16:31.204Z r2 WARN  step 9120 slow disk ms=80");
}

TEST(LogTextTest, AFailureWithManyLinesShowsTheLastAndHowToSeeTheOthers) {
  FailureView failure{.reason = "WorkerLost", .message = "", .rank = 2, .log_tail = {}};
  for (int i = 1; i <= 25; ++i) {
    failure.log_tail.push_back(kLine);
    failure.log_tail.back().text = "line " + std::to_string(i) + ".";
  }

  const std::string text = FailureLogText(failure, "mine");

  EXPECT_EQ(text.find("line 5."), std::string::npos);
  EXPECT_NE(text.find("line 6."), std::string::npos);
  EXPECT_TRUE(text.ends_with("line 25.\n  5 lines before these: descent attempts mine -o json"))
      << text;
}

TEST(LogTextTest, AFailureWithoutLinesShowsNone) {
  EXPECT_EQ(FailureLogText({.reason = "StartTimeout"}, "mine"), "");
}

}  // namespace
}  // namespace descent
