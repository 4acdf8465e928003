#include "worker/log_sink.h"

#include <gtest/gtest.h>

#include "common/log.h"

namespace descent {
namespace {

TEST(LogSinkTest, WhatTheProcessLogsIsInTheRingWithItsSeverity) {
  InitLog("worker 0");
  const auto ring = std::make_shared<LogRing>();
  AddRingToLog(ring);
  ring->BeginAssignment({.job = "mine", .generation = 1});
  const auto begin = std::chrono::system_clock::now().time_since_epoch();

  LogInfo("prepared samples={}", 5);
  LogWarning("slow");
  LogError("broken");

  const std::optional<LogChunk> chunk = ring->WaitForChunk();
  ASSERT_EQ(chunk->lines.size(), 3u);
  EXPECT_EQ(chunk->lines[0].text, "prepared samples=5");
  EXPECT_EQ(chunk->lines[0].severity, LogSeverity::kInfo);
  EXPECT_EQ(chunk->lines[1].severity, LogSeverity::kWarning);
  EXPECT_EQ(chunk->lines[2].severity, LogSeverity::kError);
  EXPECT_GE(std::chrono::microseconds(chunk->lines[0].time_us + 1), begin);
}

}  // namespace
}  // namespace descent
