#include "launch/world_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <utility>

namespace descent {
namespace {

constexpr std::size_t kLastLines = 40;
// A longer line is passed on in pieces: memory has a bound whatever a rank writes.
constexpr std::size_t kLineBytesMax = 64 << 10;

}  // namespace

WorldOutput::WorldOutput(int descriptor, std::string pool)
    : descriptor_(descriptor), pool_(std::move(pool)) {
  fcntl(descriptor_, F_SETFL, fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

WorldOutput::~WorldOutput() {
  if (descriptor_ >= 0) close(descriptor_);
}

void WorldOutput::Read() {
  std::array<char, 16384> buffer;
  while (descriptor_ >= 0) {
    const ssize_t count = read(descriptor_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // nothing more for now
    if (count == 0) close(std::exchange(descriptor_, -1));
    rest_.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t begin = 0;
    for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
      Take(std::string_view(rest_).substr(begin, end - begin));
    rest_.erase(0, begin);
    if (descriptor_ < 0 || rest_.size() > kLineBytesMax) Take(std::exchange(rest_, ""));
  }
}

void WorldOutput::Take(std::string_view line) {
  if (line.empty()) return;
  if (const auto report = ParseRankReport(line, pool_)) {
    if (!report->has_ended) started_.insert(report->rank.world_rank);
    if (report->has_ended && !first_end_) first_end_ = report->rank;
    if (report->has_ended && report->rank.signal == 0) exit_codes_.insert(report->rank.exit_code);
    return;
  }
  last_lines_.emplace_back(line);
  if (last_lines_.size() > kLastLines) last_lines_.pop_front();
  std::fprintf(stderr, "%s\n", last_lines_.back().c_str());
}

std::string WorldOutput::last_lines() const {
  std::string text;
  for (const std::string& line : last_lines_) text += "  " + line + "\n";
  return text;
}

}  // namespace descent
