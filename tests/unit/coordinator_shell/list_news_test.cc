#include "coordinator/list_news.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

void Add(ListNews& news, const std::string& name, const std::string& state) {
  news.Add(name, state, [&] { return "\"" + name + state + "\""; });
}

TEST(ListNewsTest, AllComeFirstAlsoIfThereIsNone) {
  EXPECT_EQ(ListNews("workers").Take(), R"({"workers":[],"removed":[]})");
}

TEST(ListNewsTest, WhatIsNewOrOtherComesAndWhatIsGoneIsNamed) {
  ListNews news("workers");
  Add(news, "a", "1");
  Add(news, "b", "1");
  Add(news, "c", "1");
  EXPECT_EQ(news.Take(), R"({"workers":["a1","b1","c1"],"removed":[]})");

  Add(news, "b", "1");
  Add(news, "c", "2");
  Add(news, "d", "1");

  EXPECT_EQ(news.Take(), R"({"workers":["c2","d1"],"removed":["a"]})");
}

TEST(ListNewsTest, WhatIsGoneFromTheListAndStillThereIsOlder) {
  ListNews news("jobs");
  const auto is_older = [](const std::string& name) { return name == "a"; };
  Add(news, "a", "1");
  Add(news, "b", "1");
  EXPECT_EQ(news.Take(is_older), R"({"jobs":["a1","b1"],"removed":[],"older":[]})");

  EXPECT_EQ(news.Take(is_older), R"({"jobs":[],"removed":["a","b"],"older":["a"]})");
}

TEST(ListNewsTest, WhatHasNotChangedIsNoNews) {
  ListNews news("workers");
  Add(news, "a", "1");
  news.Take();

  Add(news, "a", "1");

  EXPECT_EQ(news.Take(), "");
}

}  // namespace
}  // namespace descent
