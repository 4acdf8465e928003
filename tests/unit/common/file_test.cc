#include "common/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>

#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FileTest, WhatIsWrittenIsReadBack) {
  const TemporaryDirectory directory;
  const std::string text("a\0b\n", 4);

  ASSERT_TRUE(WriteNewFile(directory.path() / "file", text).ok());

  EXPECT_EQ(ReadFile(directory.path() / "file").value(), text);
}

TEST(FileTest, PiecesFollowOneAnother) {
  const TemporaryDirectory directory;
  const std::string first = "one, ";
  const std::string second = "two";
  const std::array pieces = {std::as_bytes(std::span(first)), std::as_bytes(std::span(second))};

  ASSERT_TRUE(WriteNewFile(directory.path() / "file", pieces).ok());

  EXPECT_EQ(ReadFile(directory.path() / "file").value(), "one, two");
}

TEST(FileTest, BlocksAreOfTheSizeThatIsGivenButForTheLast) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(WriteNewFile(directory.path() / "file", "1234567").ok());
  std::vector<std::byte> block(3);
  std::vector<std::string> blocks;

  const Status read =
      ReadBlocks(directory.path() / "file", block, [&](std::span<const std::byte> bytes) {
        blocks.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      });

  EXPECT_TRUE(read.ok()) << read;
  EXPECT_THAT(blocks, ElementsAre("123", "456", "7"));
}

TEST(FileTest, AFileThatIsNotFinishedIsNotLeft) {
  const TemporaryDirectory directory;
  {
    Result<NewFile> file = NewFile::Create(directory.path() / "file", 100);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(file.value().Append(std::as_bytes(std::span("half"))).ok());
  }

  EXPECT_FALSE(std::filesystem::exists(directory.path() / "file"));
}

TEST(FileTest, AnEmptyFileIsWritten) {
  const TemporaryDirectory directory;

  ASSERT_TRUE(WriteNewFile(directory.path() / "file", "").ok());

  EXPECT_EQ(ReadFile(directory.path() / "file").value(), "");
}

TEST(FileTest, AMissingFileIsNotFoundByItsName) {
  const Result<std::string> bytes = ReadFile("/nowhere/file");

  EXPECT_EQ(bytes.status().code(), Code::kNotFound);
  EXPECT_EQ(bytes.status().message(), "cannot open /nowhere/file: No such file or directory");
}

TEST(FileTest, ADirectoryIsNoFile) {
  const TemporaryDirectory directory;

  EXPECT_EQ(ReadFile(directory.path()).status().code(), Code::kInvalidArgument);
}

TEST(FileTest, APipeIsRefusedWithoutWaiting) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo((directory.path() / "pipe").c_str(), 0600), 0);

  EXPECT_EQ(ReadFile(directory.path() / "pipe").status().code(), Code::kInvalidArgument);
}

TEST(FileTest, AFileAboveTheBoundIsRefusedWithBothSizes) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(WriteNewFile(directory.path() / "file", "12345").ok());

  const Result<std::string> bytes = ReadFile(directory.path() / "file", 4);

  EXPECT_EQ(bytes.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(bytes.status().message(), HasSubstr("has 5 bytes, must have at most 4"));
}

TEST(FileTest, AnExistingFileIsLeftAsItIs) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  ASSERT_TRUE(WriteNewFile(path, "old").ok());

  EXPECT_EQ(WriteNewFile(path, "new").code(), Code::kAlreadyExists);

  EXPECT_EQ(ReadFile(path).value(), "old");
}

TEST(FileTest, ALinkIsNotFollowed) {
  const TemporaryDirectory directory;
  std::filesystem::create_symlink(directory.path() / "target", directory.path() / "link");

  EXPECT_EQ(WriteNewFile(directory.path() / "link", "new").code(), Code::kAlreadyExists);

  EXPECT_FALSE(std::filesystem::exists(directory.path() / "target"));
}

TEST(FileTest, AFailedWriteLeavesNothing) {
  const TemporaryDirectory directory;
  const FileSizeLimit limit(4096);

  const Status written = WriteNewFile(directory.path() / "file", std::string(4097, 'x'));

  EXPECT_EQ(written.code(), Code::kUnavailable);
  EXPECT_THAT(written.message(), HasSubstr("cannot reserve space for"));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(FileTest, RenameDoesNotReplace) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(WriteNewFile(directory.path() / "from", "from").ok());
  ASSERT_TRUE(WriteNewFile(directory.path() / "to", "to").ok());

  const Status renamed = RenameNoReplace(directory.path() / "from", directory.path() / "to");

  EXPECT_EQ(renamed.code(), Code::kAlreadyExists);
  EXPECT_EQ(ReadFile(directory.path() / "to").value(), "to");
}

TEST(FileTest, MakeDirectoriesMakesParents) {
  const TemporaryDirectory directory;

  ASSERT_TRUE(MakeDirectories(directory.path() / "a" / "b").ok());

  EXPECT_TRUE(std::filesystem::is_directory(directory.path() / "a" / "b"));
  EXPECT_TRUE(MakeDirectories(directory.path() / "a" / "b").ok());
}

TEST(FileTest, MakeDirectoriesNamesTheFileInItsWay) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(WriteNewFile(directory.path() / "file", "").ok());

  const Status made = MakeDirectories(directory.path() / "file" / "below");

  EXPECT_FALSE(made.ok());
  EXPECT_THAT(made.message(), HasSubstr((directory.path() / "file").string()));
}

TEST(FileTest, ListDirectoryIsSorted) {
  const TemporaryDirectory directory;
  for (const char* name : {"b", "c", "a"})
    ASSERT_TRUE(WriteNewFile(directory.path() / name, "").ok());

  EXPECT_THAT(ListDirectory(directory.path()).value(), ElementsAre("a", "b", "c"));
}

TEST(FileTest, RemovingWhatIsNotThereSucceeds) { EXPECT_TRUE(RemoveTree("/nowhere/at/all").ok()); }

TEST(FileTest, AVolumeHasFreeBytesAndNoMoreThanAll) {
  const TemporaryDirectory directory;

  const VolumeSpace space = MeasureVolume(directory.path()).value();

  EXPECT_GT(space.free_bytes, 0);
  EXPECT_GE(space.total_bytes, space.free_bytes);
}

}  // namespace
}  // namespace descent
