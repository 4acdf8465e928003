#include "worker/output_reader.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace descent {
namespace {

using Texts = std::vector<std::string>;

const LogOrigin kOrigin{.job = "mine", .generation = 7, .attempt = 2, .rank = 3};

// The test is the worker; the reader runs in a thread in place of a process.
class OutputReaderTest : public testing::Test {
 protected:
  OutputReaderTest() {
    MakePipe(output_);
    MakePipe(errors_);
    MakePipe(copy_);
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control_.data()), 0);
  }
  ~OutputReaderTest() override {
    End();
    for (const int end : {output_[0], errors_[0], copy_[0], copy_[1], control_[1]}) close(end);
  }

  static void MakePipe(std::array<int, 2>& ends) { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }

  void Start() {
    thread_ = std::thread([this] {
      OutputReader({.readers = {output_[0], errors_[0]},
                    .copies = {copy_[1], copy_[1]},
                    .control = control_[1]},
                   ring_, step_, [this] { ++lines_; })
          .Run();
    });
  }
  // As a process that ends, however.
  void End() {
    for (int* const end : {&output_[1], &errors_[1], &control_[0]})
      if (*end >= 0) close(std::exchange(*end, -1));
    if (thread_.joinable()) thread_.join();
  }
  static void Write(int descriptor, std::string_view text) {
    EXPECT_EQ(write(descriptor, text.data(), text.size()), std::ssize(text));
  }
  void Say(const std::string& message) {
    EXPECT_EQ(send(control_[0], message.data(), message.size(), 0), std::ssize(message));
  }
  std::string PassedOn() {
    std::string text(1024, '\0');
    const ssize_t count = read(copy_[0], text.data(), text.size());
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }
  // So that nothing more can be passed on; returns how many bytes that takes.
  std::size_t FillCopy() {
    const int flags = fcntl(copy_[1], F_GETFL);
    fcntl(copy_[1], F_SETFL, flags | O_NONBLOCK);
    std::size_t filled = 0;
    while (write(copy_[1], "x", 1) == 1) ++filled;
    fcntl(copy_[1], F_SETFL, flags);
    return filled;
  }
  // What is in the ring; empty: nothing is.
  std::vector<LogLine> Lines() {
    if (lines_ == 0) return {};
    return ring_->WaitForChunk().value().lines;
  }

  std::array<int, 2> output_{-1, -1};
  std::array<int, 2> errors_{-1, -1};
  std::array<int, 2> copy_{-1, -1};
  std::array<int, 2> control_{-1, -1};
  const std::shared_ptr<LogRing> ring_ = std::make_shared<LogRing>();
  std::atomic<std::int64_t> step_ = -1;
  std::atomic<int> lines_ = 0;
  std::thread thread_;
};

TEST_F(OutputReaderTest, ALineIsSentWithItsStreamAndPassedOn) {
  step_ = 40;
  Start();
  Say(BeginMessage(kOrigin));
  Write(errors_[1], "Signal: 11\n");
  End();

  const std::vector<LogLine> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, "Signal: 11");
  EXPECT_EQ(lines[0].source, LogSource::kStderr);
  EXPECT_EQ(lines[0].severity, LogSeverity::kWarning);
  EXPECT_EQ(lines[0].attempt, 2);
  EXPECT_EQ(lines[0].rank, 3);
  EXPECT_EQ(lines[0].step, 40);
  EXPECT_EQ(PassedOn(), "Signal: 11\n");
}

TEST_F(OutputReaderTest, TheLastWordsAreReadThoughTheProcessIsGone) {
  Say(BeginMessage(kOrigin));
  Start();
  Write(output_[1], "half a li");
  End();

  const std::vector<LogLine> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].text, "half a li");
  EXPECT_EQ(lines[0].source, LogSource::kStdout);
  EXPECT_FALSE(lines[0].step.has_value());
  EXPECT_EQ(PassedOn(), "half a li");
}

TEST_F(OutputReaderTest, WhatIsWrittenWithoutAnAssignmentIsOnlyPassedOn) {
  Write(output_[1], "before\n");
  Start();
  End();

  EXPECT_EQ(Lines().size(), 0u);
  EXPECT_EQ(PassedOn(), "before\n");
}

// The reader is held up by who reads what it passes on, until both are there.
TEST_F(OutputReaderTest, TheFirstLinesOfAnAssignmentBelongToItThoughItsBeginningIsHeardLate) {
  const std::size_t filled = FillCopy();
  Start();
  Write(output_[1], "before\n");
  for (int unread = 1; unread > 0;) ASSERT_EQ(ioctl(output_[0], FIONREAD, &unread), 0);

  Say(BeginMessage(kOrigin));
  Write(output_[1], "first\n");
  const std::size_t all = filled + std::string_view("before\nfirst\n").size();
  for (std::size_t passed_on = 0; passed_on < all;) passed_on += PassedOn().size();
  End();

  const std::vector<LogLine> lines = Lines();
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back().text, "first");
}

TEST_F(OutputReaderTest, WhatIsWrittenBeforeTheEndOfAnAssignmentBelongsToIt) {
  Start();
  Say(BeginMessage(kOrigin));
  std::thread sender([this] {
    const std::optional<LogChunk> chunk = ring_->WaitForChunk();
    ASSERT_TRUE(chunk.has_value());
    EXPECT_EQ(chunk->lines[0].text, "last");
    ring_->Acknowledge(*chunk);
  });
  Write(output_[1], "last");
  Say(kEndMessage);

  char answer[16];
  EXPECT_EQ(recv(control_[0], answer, sizeof(answer), 0), std::ssize(std::string(kEndMessage)));
  sender.join();
}

TEST_F(OutputReaderTest, WhatOtherProcessesHoldOpenDoesNotKeepIt) {
  const int inherited = fcntl(output_[1], F_DUPFD_CLOEXEC, 0);
  Start();

  End();  // returns

  close(inherited);
}

}  // namespace
}  // namespace descent
