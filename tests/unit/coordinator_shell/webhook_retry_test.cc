#include "coordinator/webhook_retry.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(WebhookRetryTest, TheFirstWaitIsBetweenOneSecondAndTwo) {
  EXPECT_EQ(WebhookRetryDelay(1, 0), seconds(1));
  EXPECT_EQ(WebhookRetryDelay(1, 0.5), milliseconds(1500));
  EXPECT_EQ(WebhookRetryDelay(1, 1), seconds(2));
}

TEST(WebhookRetryTest, EachWaitIsTwiceAsLong) {
  for (int failures = 1; failures < 8; ++failures)
    EXPECT_EQ(WebhookRetryDelay(failures + 1, 0), 2 * WebhookRetryDelay(failures, 0));
}

TEST(WebhookRetryTest, NoWaitIsLongerThanFiveMinutes) {
  for (const int failures : {9, 10, 100, 2'000'000'000})
    EXPECT_EQ(WebhookRetryDelay(failures, 1), minutes(5)) << failures;
  EXPECT_EQ(WebhookRetryDelay(100, 0), milliseconds(150'000));
}

}  // namespace
}  // namespace descent
