#include "worker/output_reader.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <sstream>
#include <string_view>
#include <utility>

#include "common/clock.h"

namespace descent {
namespace {

constexpr std::string_view kBeginWord = "begin";
constexpr std::size_t kMessageBytesMax = 1024;
constexpr std::size_t kReadBytes = std::size_t{16} << 10;
// Several times what a pipe holds: what was there at the beginning is read, and then what else
// happens is looked at, however fast the worker writes.
constexpr int kReadsMax = 16;

// Whoever was to read it may be gone, and then it is nobody's.
void PassOn(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) {
      pollfd wanted{.fd = descriptor, .events = POLLOUT, .revents = 0};
      poll(&wanted, 1, -1);
      continue;
    }
    if (count < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::int64_t NowMicroseconds() {
  return std::chrono::duration_cast<std::chrono::microseconds>(WallNow().time_since_epoch())
      .count();
}

}  // namespace

std::string BeginMessage(const LogOrigin& origin) {
  return fmt::format("{} {} {} {} {}", kBeginWord, origin.generation, origin.attempt, origin.rank,
                     origin.job);
}

OutputReader::OutputReader(const OutputEnds& ends, std::shared_ptr<LogRing> ring,
                           const std::atomic<std::int64_t>& step, std::function<void()> on_line)
    : control_(ends.control),
      ring_(std::move(ring)),
      step_(step),
      on_line_(std::move(on_line)),
      streams_{MakeStream(ends.readers[0], ends.copies[0], LogSource::kStdout),
               MakeStream(ends.readers[1], ends.copies[1], LogSource::kStderr)} {}

OutputReader::Stream OutputReader::MakeStream(int reader, int copy, LogSource source) {
  fcntl(reader, F_SETFL, fcntl(reader, F_GETFL) | O_NONBLOCK);
  return {reader, copy, OutputLines([this, source](std::string_view line) { Put(source, line); })};
}

// What a program writes to stderr is mostly something that somebody should see.
void OutputReader::Put(LogSource source, std::string_view line) {
  if (!has_assignment_) return;
  if (const std::int64_t step = step_; step >= 0) ring_->SetStep(step);
  ring_->Add(source == LogSource::kStderr ? LogSeverity::kWarning : LogSeverity::kInfo,
             NowMicroseconds(), line, source);
  has_lines_ = true;
  on_line_();
}

void OutputReader::Read(Stream& stream) {
  std::array<char, kReadBytes> buffer;
  for (int reads = 0; reads < kReadsMax && stream.reader >= 0; ++reads) {
    const ssize_t count = read(stream.reader, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      stream.reader = -1;
      return;
    }
    HearBegin();
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    PassOn(stream.copy, bytes);
    stream.lines.Add(bytes);
  }
}

void OutputReader::ReadBoth() {
  for (Stream& stream : streams_) Read(stream);
}

void OutputReader::FinishBoth() {
  for (Stream& stream : streams_) stream.lines.Finish();
}

void OutputReader::Run() {
  while (!is_over_) {
    std::array<pollfd, 3> wanted = {{{.fd = control_, .events = POLLIN, .revents = 0},
                                     {.fd = streams_[0].reader, .events = POLLIN, .revents = 0},
                                     {.fd = streams_[1].reader, .events = POLLIN, .revents = 0}}};
    poll(wanted.data(), wanted.size(), -1);
    if (wanted[0].revents != 0) Hear();
    ReadBoth();
  }
  FinishBoth();
}

void OutputReader::Hear() {
  std::array<char, kMessageBytesMax> buffer;
  const ssize_t count = recv(control_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  is_over_ = count <= 0;
  if (is_over_) return;
  const std::string message(buffer.data(), static_cast<std::size_t>(count));
  if (message == kEndMessage)
    End();
  else
    Begin(message);
}

// What was read may have been written after the beginning of an assignment that is not heard yet.
// An end waits until what was written before it is read.
void OutputReader::HearBegin() {
  if (has_assignment_) return;
  std::array<char, kBeginWord.size()> word;
  const ssize_t count = recv(control_, word.data(), word.size(), MSG_DONTWAIT | MSG_PEEK);
  if (count == std::ssize(word) && std::string_view(word.data(), word.size()) == kBeginWord) Hear();
}

// It is heard before the lines are looked at that are written after it.
void OutputReader::Begin(const std::string& message) {
  std::istringstream words(message);
  std::string word;
  LogOrigin origin;
  words >> word >> origin.generation >> origin.attempt >> origin.rank >> origin.job;
  if (words.fail() || word != kBeginWord) return;
  ring_->BeginAssignment(std::move(origin));
  has_assignment_ = true;
  has_lines_ = false;
}

// What was written before it was said belongs to the assignment.
void OutputReader::End() {
  ReadBoth();
  FinishBoth();
  ring_->EndAssignment();
  has_assignment_ = false;
  if (has_lines_) ring_->WaitUntilSent(limits::kLogFlushMax);
  send(control_, kEndMessage, std::string_view(kEndMessage).size(), MSG_NOSIGNAL);
}

}  // namespace descent
