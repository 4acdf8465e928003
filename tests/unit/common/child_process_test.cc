#include "common/child_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "common/file.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using std::chrono::milliseconds;

class ChildProcessTest : public testing::Test {
 protected:
  Result<ChildProcess> StartShell(const std::string& script) {
    return ChildProcess::Start({"/bin/sh", "-c", script}, log_);
  }
  static void WaitForEnd(ChildProcess& child) {
    while (!child.HasEnded()) std::this_thread::sleep_for(milliseconds(5));
  }
  void WaitForLog(const std::string& text) {
    while (TailOf(log_, 1) != text) std::this_thread::sleep_for(milliseconds(5));
  }

  const TemporaryDirectory directory_;
  const std::filesystem::path log_ = directory_.path() / "log";
};

TEST_F(ChildProcessTest, ItsOutputIsInItsLog) {
  auto child = StartShell("echo out; echo err >&2; exit 3");
  ASSERT_TRUE(child.ok()) << child.status();

  WaitForEnd(child.value());

  EXPECT_EQ(child.value().EndText(), "exit status 3");
  EXPECT_EQ(TailOf(log_, 10), "  out\n  err\n");
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsAnErrorAtOnce) {
  const auto child = ChildProcess::Start({"/nonexistent/program"}, log_);

  ASSERT_FALSE(child.ok());
  EXPECT_EQ(child.status().code(), Code::kNotFound);
}

TEST_F(ChildProcessTest, AChildThatIgnoresTheRequestIsKilled) {
  auto child = StartShell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  ASSERT_TRUE(child.ok()) << child.status();
  WaitForLog("  ready\n");

  child.value().Stop(milliseconds(100));

  EXPECT_EQ(child.value().EndText().substr(0, 8), "signal 9");
}

TEST_F(ChildProcessTest, WhatTheChildStartedEndsWithIt) {
  auto child = StartShell("sleep 100 & echo $!; wait");
  ASSERT_TRUE(child.ok()) << child.status();
  while (TailOf(log_, 1).empty()) std::this_thread::sleep_for(milliseconds(5));
  const pid_t grandchild = std::stoi(TailOf(log_, 1));

  child.value().Stop(milliseconds(100));

  // Whoever adopts it may leave it as a zombie for a moment, which still takes signals.
  std::string state = "?";
  for (int i = 0; i < 400 && kill(grandchild, 0) == 0 && state != "Z"; ++i) {
    std::ifstream stat("/proc/" + std::to_string(grandchild) + "/stat");
    std::string field;
    for (int f = 0; f < 3 && stat >> field; ++f) state = field;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_TRUE(kill(grandchild, 0) != 0 || state == "Z") << state;
}

// Else the group that is killed at the end might be somebody else's.
TEST_F(ChildProcessTest, TheNumberOfAChildThatHasEndedIsNobodyElsesUntilItIsStopped) {
  auto child = StartShell("echo $$; exit 3");
  ASSERT_TRUE(child.ok()) << child.status();
  WaitForEnd(child.value());
  const pid_t number = std::stoi(TailOf(log_, 1));

  EXPECT_EQ(kill(number, 0), 0);
  child.value().Stop(milliseconds(100));

  EXPECT_NE(kill(number, 0), 0);
  EXPECT_EQ(child.value().EndText(), "exit status 3");
}

TEST_F(ChildProcessTest, HowAChildHasEndedIsKnownBeforeItIsStopped) {
  auto child = StartShell("kill -9 $$");
  ASSERT_TRUE(child.ok()) << child.status();

  WaitForEnd(child.value());

  EXPECT_EQ(child.value().EndText().substr(0, 8), "signal 9");
  EXPECT_FALSE(child.value().ExitStatus().has_value());
}

TEST_F(ChildProcessTest, AChildCanBeGivenNeitherDescriptorsNorTheMeansToDumpCore) {
  const int open_file = open("/dev/null", O_RDONLY);  // which exec does not close
  ASSERT_GE(open_file, 0);
  const std::string script = "ulimit -c; [ -e /proc/self/fd/" + std::to_string(open_file) +
                             " ] && echo inherited || echo closed";

  auto child = ChildProcess::Start({"/bin/sh", "-c", script}, log_,
                                   {.dumps_core = false, .inherits_descriptors = false});
  ASSERT_TRUE(child.ok()) << child.status();
  WaitForEnd(child.value());
  close(open_file);

  EXPECT_EQ(TailOf(log_, 10), "  0\n  closed\n");
}

TEST_F(ChildProcessTest, OtherwiseItHasThem) {
  const int open_file = open("/dev/null", O_RDONLY);
  ASSERT_GE(open_file, 0);

  auto child =
      StartShell("[ -e /proc/self/fd/" + std::to_string(open_file) + " ] && echo inherited");
  ASSERT_TRUE(child.ok()) << child.status();
  WaitForEnd(child.value());
  close(open_file);

  EXPECT_EQ(TailOf(log_, 10), "  inherited\n");
}

TEST_F(ChildProcessTest, TheTailIsTheLastLines) {
  ASSERT_TRUE(WriteNewFile(log_, "one\ntwo\nthree\n").ok());

  EXPECT_EQ(TailOf(log_, 2), "  two\n  three\n");
  EXPECT_EQ(TailOf(log_, 9), "  one\n  two\n  three\n");
  EXPECT_EQ(TailOf("/nonexistent", 2), "");
}

}  // namespace
}  // namespace descent
