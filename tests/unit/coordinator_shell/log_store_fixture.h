#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/log_segments.h"
#include "coordinator/log_store.h"
#include "tests/support/temporary_directory.h"

namespace descent {

using Texts = std::vector<std::string>;

class LogStoreTest : public testing::Test {
 protected:
  // Lines "RANK:SEQUENCE" of one rank, numbered from `first` to `last`.
  static LogChunk ChunkOf(int rank, std::int64_t first, std::int64_t last, int attempt = 1) {
    LogChunk chunk{.job = "mine", .generation = attempt, .first_sequence = first, .lines = {}};
    for (std::int64_t i = first; i <= last; ++i)
      chunk.lines.push_back({.attempt = attempt,
                             .rank = rank,
                             .text = std::to_string(rank) + ":" + std::to_string(i)});
    return chunk;
  }
  void Append(const LogChunk& chunk) {
    const Status status = store_->Append(chunk);
    EXPECT_TRUE(status.ok()) << status;
  }
  // Of a store that is opened anew, as after a restart.
  void Restart() { store_.emplace(directory_.path(), bounds_); }

  // All that a reader finds from the line `first` on.
  Texts ReadAll(const LogFilter& filter = {}, std::int64_t first = 0) {
    LogReader reader = store_->ReaderFrom("mine", filter, first);
    Texts texts;
    while (true) {
      const Result<LogPage> page = reader.Next();
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok() || page.value().is_end || page.value().oldest) return texts;
      for (const LogLine& line : page.value().lines) texts.push_back(line.text);
    }
  }
  Texts Tail(const LogFilter& filter, std::int64_t count) {
    const auto lines = store_->LastLines("mine", filter, count);
    EXPECT_TRUE(lines.ok()) << lines.status();
    Texts texts;
    for (const LogLine& line : lines.value()) texts.push_back(line.text);
    return texts;
  }
  std::vector<std::int64_t> Segments() const { return ListLogSegments(Log()).value(); }
  std::filesystem::path Log() const { return directory_.path() / "mine"; }
  std::filesystem::path Plain(std::int64_t first) const { return LogSegmentPath(Log(), first); }
  std::filesystem::path Compressed(std::int64_t first) const {
    return CompressedLogSegmentPath(Log(), first);
  }
  // Lines 0:1 to 0:30, in several segments.
  void FillSeveralSegments() {
    Append(ChunkOf(0, 1, 30));
    ASSERT_GT(Segments().size(), 2u);
  }
  static Texts Numbered(int last) {
    Texts texts;
    for (int i = 1; i <= last; ++i) texts.push_back("0:" + std::to_string(i));
    return texts;
  }

  const TemporaryDirectory directory_;
  LogBounds bounds_{.segment_bytes = 200, .job_bytes = 600};
  std::optional<LogStore> store_{std::in_place, directory_.path(), bounds_};
};

}  // namespace descent
