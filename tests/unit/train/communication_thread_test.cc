#include "worker/train/communication_thread.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

constexpr TraceLabel kTask = {"task", "task"};

TEST(CommunicationThreadTest, RunsTasksInTheOrderTheyWerePosted) {
  CommunicationThread communication;
  std::vector<int> order;

  for (int i = 0; i < 100; ++i)
    communication.Post(kTask, [&order, i] {
      order.push_back(i);
      return Status();
    });

  ASSERT_TRUE(communication.WaitAll().ok());
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
}

TEST(CommunicationThreadTest, SkipsWhatFollowsAFailureAndReportsTheFirst) {
  CommunicationThread communication;
  bool has_run = false;

  communication.Post(kTask, [] { return Status(Code::kAborted, "rank 1 is gone"); });
  communication.Post(kTask, [&has_run] {
    has_run = true;
    return Status(Code::kInternal, "later");
  });

  EXPECT_EQ(communication.WaitAll().message(), "rank 1 is gone");
  EXPECT_FALSE(has_run);
}

TEST(CommunicationThreadTest, WaitingWithNothingPostedReturnsAtOnce) {
  CommunicationThread communication;

  EXPECT_TRUE(communication.WaitAll().ok());
}

TEST(CommunicationThreadTest, RecordsTasksWhileItsTrackIsOpen) {
  TraceTrack track("communication", /*capacity=*/10);
  CommunicationThread communication(&track);
  const auto run_task = [&](std::int64_t number) {
    communication.Post(
        kTask, [] { return Status(); }, number);
    return communication.WaitAll();
  };

  ASSERT_TRUE(run_task(1).ok());
  track.SetOpen(true);
  ASSERT_TRUE(run_task(2).ok());

  ASSERT_EQ(track.events().size(), 1u);
  EXPECT_EQ(track.events()[0].number, 2);
  EXPECT_EQ(track.events()[0].label, &kTask);
}

}  // namespace
}  // namespace descent
