#include "worker/train/communication_thread.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

TEST(CommunicationThreadTest, RunsTasksInTheOrderTheyWerePosted) {
  CommunicationThread communication;
  std::vector<int> order;

  for (int i = 0; i < 100; ++i)
    communication.Post([&order, i] {
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

  communication.Post([] { return Status(Code::kAborted, "rank 1 is gone"); });
  communication.Post([&has_run] {
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

}  // namespace
}  // namespace descent
