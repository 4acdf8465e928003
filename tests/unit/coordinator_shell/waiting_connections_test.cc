#include "coordinator/waiting_connections.h"

#include <gtest/gtest.h>

#include <string>

namespace descent {
namespace {

class WaitingConnectionsTest : public testing::Test {
 protected:
  WaitingConnections::Id Add(char name) {
    return waiting_.Add([this, name] { closed_ += name; });
  }

  WaitingConnections waiting_;
  std::string closed_;
};

TEST_F(WaitingConnectionsTest, TheOneThatWaitsLongestIsClosedFirst) {
  Add('a');
  Add('b');

  EXPECT_TRUE(waiting_.CloseLongest());
  EXPECT_EQ(closed_, "a");
  EXPECT_TRUE(waiting_.CloseLongest());
  EXPECT_EQ(closed_, "ab");
}

TEST_F(WaitingConnectionsTest, NoneIsClosedWhereNoneWaits) {
  waiting_.Remove(Add('a'));

  EXPECT_FALSE(waiting_.CloseLongest());
  EXPECT_EQ(closed_, "");
}

TEST_F(WaitingConnectionsTest, WhoWaitsAgainIsTheLast) {
  const auto first = Add('a');
  Add('b');
  waiting_.Remove(first);
  Add('a');

  waiting_.CloseLongest();

  EXPECT_EQ(closed_, "b");
}

TEST_F(WaitingConnectionsTest, WhoWasToldToCloseLearnsItAtTheEndOfTheWait) {
  const auto first = Add('a');
  const auto second = Add('b');
  waiting_.CloseLongest();

  EXPECT_FALSE(waiting_.Remove(first));
  EXPECT_TRUE(waiting_.Remove(second));
}

}  // namespace
}  // namespace descent
