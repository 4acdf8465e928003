#include "launch/host_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(HostFileTest, EveryHostHasItsSlots) {
  EXPECT_THAT(ParseHostFile("# the rack\nnode-a slots=2\n\n node-b max_slots=8 slots=4 # new\n"),
              ElementsAre(HostSlots{"node-a", 2}, HostSlots{"node-b", 4}));
}

TEST(HostFileTest, AHostThatIsThereTwiceHasTheSlotsOfBothLines) {
  EXPECT_THAT(ParseHostFile("a slots=1\nb slots=1\na slots=2\n"),
              ElementsAre(HostSlots{"a", 3}, HostSlots{"b", 1}));
}

TEST(HostFileTest, WhatOnlyMpirunUnderstandsIsLeftToIt) {
  for (const char* text : {"a slots=2\nb\n", "a slots=x\n", "a slots=0\n", "^a slots=2\n",
                           "+n0 slots=2\n", "-x slots=2\n", "a slots = 2\n", ""})
    EXPECT_THAT(ParseHostFile(text), IsEmpty()) << text;
}

TEST(HostFileTest, AListIsAsMpirunReadsIt) {
  const std::vector<HostSlots> hosts = {{"a", 2}, {"user@b.example.org", 1}};

  EXPECT_EQ(HostList(hosts), "a:2,user@b.example.org:1");
  EXPECT_EQ(SlotsOf(hosts), 3);
}

}  // namespace
}  // namespace descent
