#include "worker/collective/form_collective.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "worker/collective/in_process_collective.h"

namespace descent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Choice {
  Status status;
  bool shares_memory = false;
};

// What each rank of a group at these places gets.
std::vector<Choice> Choose(CollectiveKind kind, const std::vector<MpiPlace>& places) {
  InProcessGroup group(static_cast<int>(places.size()));
  std::vector<Choice> choices(places.size());
  std::vector<std::thread> ranks;
  for (int rank = 0; rank < group.world_size(); ++rank)
    ranks.emplace_back([&, rank] {
      const auto collective = ChooseCollective(
          kind, {.collective = MakeInProcessCollective(group, rank), .places = places});
      choices[static_cast<std::size_t>(rank)] = {
          .status = collective.status(),
          .shares_memory = collective.ok() && collective.value()->shares_memory()};
    });
  for (std::thread& rank : ranks) rank.join();
  return choices;
}

const std::vector<MpiPlace> kOneHost = {{0, "a"}, {0, "a"}, {0, "a"}};
const std::vector<MpiPlace> kTwoHosts = {{0, "a"}, {1, "b"}, {0, "a"}};

TEST(FormCollectiveTest, RanksOfOneHostShareMemory) {
  for (const CollectiveKind kind : {CollectiveKind::kAuto, CollectiveKind::kSharedMemory})
    for (const Choice& choice : Choose(kind, kOneHost)) {
      EXPECT_TRUE(choice.status.ok()) << choice.status;
      EXPECT_TRUE(choice.shares_memory);
    }
}

TEST(FormCollectiveTest, MessagesAreUsedWhereTheyAreAskedFor) {
  for (const Choice& choice : Choose(CollectiveKind::kMpi, kOneHost)) {
    EXPECT_TRUE(choice.status.ok()) << choice.status;
    EXPECT_FALSE(choice.shares_memory);
  }
}

TEST(FormCollectiveTest, RanksOfSeveralHostsTalkOverMessages) {
  for (const Choice& choice : Choose(CollectiveKind::kAuto, kTwoHosts)) {
    EXPECT_TRUE(choice.status.ok()) << choice.status;
    EXPECT_FALSE(choice.shares_memory);
  }
}

TEST(FormCollectiveTest, ARankAloneNeedsNoSharedMemory) {
  EXPECT_FALSE(Choose(CollectiveKind::kAuto, {{0, "a"}})[0].shares_memory);
}

TEST(FormCollectiveTest, SharedMemoryAcrossHostsIsRefusedWithTheRanksAndHostsNamed) {
  for (const Choice& choice : Choose(CollectiveKind::kSharedMemory, kTwoHosts)) {
    EXPECT_EQ(choice.status.code(), Code::kFailedPrecondition);
    EXPECT_THAT(choice.status.message(), AllOf(HasSubstr("0, 2 on a"), HasSubstr("1 on b")));
  }
}

}  // namespace
}  // namespace descent
