// What the search for crash states has to find, in records small enough to see all of them.
#include "tests/fault/crash_states.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::size_t kMany = 2'000;
constexpr std::size_t kSectorBytes = 512;

std::string TextOf(const DiskImage& image) {
  std::string text;
  for (const auto& [path, bytes] : image.files) text += path + "=" + bytes + " ";
  return text;
}

// The states after all that was recorded, which is acknowledged: a state before that does not
// count.
std::set<std::string> LastStatesOf(DiskRecord record) {
  record.Acknowledge();
  std::set<std::string> states;
  ForEachCrashState(record, {.states_wanted = kMany, .seed = 1}, [&](const CrashState& state) {
    if (state.acknowledged == 1) states.insert(TextOf(state.image));
    return true;
  });
  return states;
}

TEST(CrashStatesTest, WhatWasSyncedIsInEveryState) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Write(file, 0, "old");
  record.Sync(file);
  record.Sync(kRootInode);

  EXPECT_THAT(LastStatesOf(record), ElementsAre("a=old "));
}

TEST(CrashStatesTest, AWriteThatWasNotSyncedMayBeThereOrNotOrBeZeros) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Sync(kRootInode);
  record.Write(file, 0, "new");

  EXPECT_THAT(LastStatesOf(record),
              UnorderedElementsAre("a= ", "a=new ", std::string("a=\0\0\0 ", 6)));
}

TEST(CrashStatesTest, ALaterWriteMayBeThereWithoutAnEarlierOne) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Write(file, 0, "..");
  record.Sync(file);
  record.Sync(kRootInode);
  record.Write(file, 0, "1");
  record.Write(file, 1, "2");

  EXPECT_THAT(LastStatesOf(record), UnorderedElementsAre("a=.. ", "a=1. ", "a=.2 ", "a=12 "));
}

TEST(CrashStatesTest, AWriteIsTornBetweenSectors) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Write(file, 0, std::string(2 * kSectorBytes, '.'));
  record.Sync(file);
  record.Sync(kRootInode);
  record.Write(file, 0, std::string(2 * kSectorBytes, 'x'));

  const std::string old_sector(kSectorBytes, '.');
  const std::string new_sector(kSectorBytes, 'x');
  const auto file_of = [](const std::string& first, const std::string& second) {
    return TextOf({.files = {{"a", first + second}}});
  };
  EXPECT_THAT(
      LastStatesOf(record),
      UnorderedElementsAre(file_of(old_sector, old_sector), file_of(old_sector, new_sector),
                           file_of(new_sector, old_sector), file_of(new_sector, new_sector)));
}

TEST(CrashStatesTest, ANameThatWasNotSyncedMayBeMissing) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Write(file, 0, "x");
  record.Sync(file);

  EXPECT_THAT(LastStatesOf(record), UnorderedElementsAre("", "a=x "));
}

TEST(CrashStatesTest, ARenameIsNeverHalf) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Write(file, 0, "x");
  record.Sync(file);
  record.Sync(kRootInode);
  record.Rename(kRootInode, "a", "b");

  EXPECT_THAT(LastStatesOf(record), UnorderedElementsAre("a=x ", "b=x "));
}

TEST(CrashStatesTest, WhatASyncThatFailedShouldHaveWrittenIsLostAlthoughALaterOneSucceeds) {
  DiskRecord record;
  const Inode file = record.Create(kRootInode, "a", InodeKind::kFile);
  record.Sync(kRootInode);
  record.Write(file, 0, "x");
  record.FailSync(file);
  record.Sync(file);

  EXPECT_THAT(LastStatesOf(record), ElementsAre("a= "));
  EXPECT_EQ(TextOf(ImageOfWhatWasSynced(record)), "a= ");
}

TEST(CrashStatesTest, AStateIsAnotherOnceSomethingWasAcknowledged) {
  DiskRecord record;
  record.Create(kRootInode, "a", InodeKind::kFile);
  record.Acknowledge();
  record.Sync(kRootInode);
  std::set<std::string> before;
  std::set<std::string> after;

  ForEachCrashState(record, {.states_wanted = kMany}, [&](const CrashState& state) {
    (state.acknowledged == 0 ? before : after).insert(TextOf(state.image));
    return true;
  });

  EXPECT_THAT(before, ElementsAre(""));
  EXPECT_THAT(after, UnorderedElementsAre("", "a= "));
}

TEST(CrashStatesTest, TheSearchEndsWhereTheCheckDoes) {
  DiskRecord record;
  record.Create(kRootInode, "a", InodeKind::kFile);

  EXPECT_EQ(
      ForEachCrashState(record, {.states_wanted = kMany}, [](const CrashState&) { return false; }),
      1u);
}

}  // namespace
}  // namespace descent
