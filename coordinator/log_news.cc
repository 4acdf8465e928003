#include "coordinator/log_news.h"

#include <utility>

namespace descent {
namespace {

constexpr std::size_t kNewsBytesMax = std::size_t{256} << 10;
constexpr int kPagesMax = 64;
constexpr std::size_t kNewsLineBytes = 64;  // of a line, besides its text
constexpr std::int64_t kNewsSearchedBytesMax = std::int64_t{16} << 20;

}  // namespace

Status LogNews::Open() {
  std::int64_t first = first_;
  if (first == 0) {
    DESCENT_ASSIGN(first, logs_.FindTail(job_id_, LogFilter(), kTailLines,
                                         {.bytes_max = kNewsSearchedBytesMax}));
  }
  reader_.emplace(logs_.ReaderFrom(job_id_, LogFilter(), first));
  return Status();
}

Result<LogNewsPage> LogNews::Next() {
  if (!reader_) DESCENT_RETURN_IF_ERROR(Open());
  LogNewsPage news;
  std::size_t bytes = 0;
  for (int pages = 0; pages < kPagesMax && bytes < kNewsBytesMax; ++pages) {
    Result<LogPage> page = reader_->Next();
    if (!page.ok()) return page.status();
    if (page.value().oldest) {
      if (!news.lines.empty()) break;  // the gap is told before the lines behind it
      news.oldest = page.value().oldest;
      reader_.emplace(logs_.ReaderFrom(job_id_, LogFilter(), *news.oldest));
      continue;
    }
    if (page.value().is_end) break;
    for (LogLine& line : page.value().lines) {
      bytes += kNewsLineBytes + line.text.size();
      news.lines.push_back(std::move(line));
    }
  }
  news.next = reader_->next();
  return news;
}

}  // namespace descent
