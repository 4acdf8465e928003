#include "coordinator/log_record.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

LogRecord MakeRecord(const std::string& text) {
  return {.generation = 12,
          .sequence = 345,
          .line = {.time_us = 1'700'000'000'000'001,
                   .severity = LogSeverity::kWarning,
                   .attempt = 2,
                   .rank = 3,
                   .step = 40,
                   .text = text}};
}

std::string_view WithoutEnd(std::string_view record) {
  EXPECT_TRUE(record.ends_with('\n'));
  return record.substr(0, record.size() - 1);
}

TEST(LogRecordTest, ARecordIsALineOfTextThatPeopleCanRead) {
  EXPECT_EQ(EncodeLogRecord(MakeRecord("slow disk ms=80")),
            "1700000000000001\t12\t345\t2\t3\twarning\t40\tslow disk ms=80\n");
}

TEST(LogRecordTest, ALineOfOutputSaysSoBesideItsSeverity) {
  LogRecord record = MakeRecord("Signal: Segmentation fault (11)");
  record.line.source = LogSource::kStderr;

  const std::string encoded = EncodeLogRecord(record);

  EXPECT_EQ(
      encoded,
      "1700000000000001\t12\t345\t2\t3\twarning/stderr\t40\tSignal: Segmentation fault (11)\n");
  EXPECT_EQ(DecodeLogRecord(WithoutEnd(encoded))->line, record.line);
  EXPECT_FALSE(DecodeLogRecord("1\t12\t345\t2\t3\twarning/pipe\t40\ttext").has_value());
}

TEST(LogRecordTest, TextWithLineEndsTabsAndBackslashesComesBackAsItWas) {
  const std::string text = "one\ntwo\\n\tthree\r\\";

  const std::string encoded = EncodeLogRecord(MakeRecord(text));

  const std::optional<LogRecord> decoded = DecodeLogRecord(WithoutEnd(encoded));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->line, MakeRecord(text).line);
  EXPECT_EQ(decoded->generation, 12);
  EXPECT_EQ(decoded->sequence, 345);
}

TEST(LogRecordTest, AStepThatWasNotKnownStaysUnknown) {
  LogRecord record = MakeRecord("text");
  record.line.step.reset();

  const std::string encoded = EncodeLogRecord(record);

  EXPECT_FALSE(DecodeLogRecord(WithoutEnd(encoded))->line.step.has_value());
}

TEST(LogRecordTest, WhatIsNoRecordIsSeen) {
  EXPECT_FALSE(DecodeLogRecord("").has_value());
  EXPECT_FALSE(DecodeLogRecord("1700000000000001\t12\t345").has_value());
  EXPECT_FALSE(DecodeLogRecord("1\t1\t1\t1\tx\tinfo\t-\ttext").has_value());
  EXPECT_FALSE(DecodeLogRecord("1\t1\t1\t1\t0\tloud\t-\ttext").has_value());
}

}  // namespace
}  // namespace descent
