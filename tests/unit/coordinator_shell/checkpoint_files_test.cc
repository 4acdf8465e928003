#include "coordinator/checkpoint_files.h"

#include <gtest/gtest.h>

#include "common/file.h"
#include "common/limits.h"
#include "coordinator/state_directory.h"
#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

TEST(CheckpointFileTest, AFileIsReadInChunks) {
  const TemporaryDirectory directory;
  std::string bytes(limits::kChunkBytes, 'a');
  bytes += "bc";
  ASSERT_TRUE(WriteNewFile(directory.path() / "model", bytes).ok());

  const Result<CheckpointFile> file = CheckpointFile::Open(directory.path(), "model");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file.value().size(), std::ssize(bytes));
  EXPECT_EQ(file.value().ReadChunk(0).value(), std::string(limits::kChunkBytes, 'a'));
  EXPECT_EQ(file.value().ReadChunk(limits::kChunkBytes).value(), "bc");
  EXPECT_EQ(file.value().ReadChunk(std::ssize(bytes)).value(), "");
}

TEST(CheckpointFileTest, ANameNeverLeavesTheDirectory) {
  const TemporaryDirectory directory;
  const std::filesystem::path inner = directory.path() / "inner";
  ASSERT_TRUE(MakeDirectories(inner).ok());
  ASSERT_TRUE(WriteNewFile(directory.path() / "secret", std::string_view("x")).ok());
  std::filesystem::create_symlink(directory.path() / "secret", inner / "link");

  for (const char* name : {"../secret", "/etc/passwd", "", ".", ".."})
    EXPECT_EQ(CheckpointFile::Open(inner, name).status().code(), Code::kNotFound) << name;
  EXPECT_FALSE(CheckpointFile::Open(inner, "link").ok());
}

TEST(CheckpointFileTest, ADirectoryIsNoFile) {
  const TemporaryDirectory directory;
  ASSERT_TRUE(MakeDirectories(directory.path() / "inner").ok());

  EXPECT_FALSE(CheckpointFile::Open(directory.path(), "inner").ok());
}

TEST(CheckpointFileTest, ACheckpointThatIsGoneHasNoFiles) {
  EXPECT_TRUE(ListCheckpointFiles("/nonexistent/checkpoint").value().empty());
}

// Two jobs below a checkpoint root, of which `thief` has links where there should be directories.
class CheckpointLinksTest : public testing::Test {
 protected:
  CheckpointLinksTest() {
    EXPECT_TRUE(MakeDirectories(root() / "owner" / "step-1").ok());
    EXPECT_TRUE(WriteNewFile(root() / "owner" / "step-1" / "model", std::string_view("x")).ok());
    EXPECT_TRUE(MakeDirectories(root() / "thief").ok());
    std::filesystem::create_directory_symlink(root() / "owner" / "step-1",
                                              root() / "thief" / "step-1");
    std::filesystem::create_directory_symlink(root() / "owner", root() / "linked");
  }
  const std::filesystem::path& root() const { return directory_.path(); }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(CheckpointLinksTest, ADirectoryThatIsALinkHasNoFiles) {
  for (const char* place : {"thief/step-1", "linked/step-1"}) {
    EXPECT_TRUE(ListCheckpointFiles(root() / place).value().empty()) << place;
    EXPECT_EQ(CheckpointFile::Open(root() / place, "model").status().code(), Code::kNotFound);
  }
  EXPECT_TRUE(CheckpointFile::Open(root() / "owner" / "step-1", "model").ok());
}

TEST_F(CheckpointLinksTest, DeletingRemovesLinksAndNotWhatTheyPointAt) {
  EXPECT_FALSE(RemoveCheckpointFiles(root() / "linked", 1, 2).value());
  EXPECT_TRUE(RemoveCheckpointFiles(root() / "thief", 1, 2).value());

  EXPECT_TRUE(CheckpointFile::Open(root() / "owner" / "step-1", "model").ok());
  EXPECT_TRUE(std::filesystem::is_empty(root() / "thief"));
}

TEST_F(CheckpointLinksTest, TheRootItselfMayBeALink) {
  const TemporaryDirectory other;
  std::filesystem::create_directory_symlink(root(), other.path() / "checkpoints");

  EXPECT_TRUE(
      CheckpointFile::Open(other.path() / "checkpoints" / "owner" / "step-1", "model").ok());
  EXPECT_TRUE(RemoveCheckpointFiles(other.path() / "checkpoints" / "owner", 1, 2).value());
}

TEST(StateDirectoryTest, ASecondOwnerIsToldWhoTheFirstIs) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory.path() / "state";
  const Result<StateDirectory> first = StateDirectory::Lock(path);
  ASSERT_TRUE(first.ok()) << first.status();

  const Status second = StateDirectory::Lock(path).status();

  EXPECT_EQ(second.code(), Code::kFailedPrecondition);
  EXPECT_EQ(second.message(), "state directory " + path.string() + " is in use by process " +
                                  std::to_string(getpid()) +
                                  "; submit to that coordinator, or choose another --state-dir");
}

TEST(StateDirectoryTest, TheLockEndsWithItsOwner) {
  const TemporaryDirectory directory;
  { ASSERT_TRUE(StateDirectory::Lock(directory.path()).ok()); }

  EXPECT_TRUE(StateDirectory::Lock(directory.path()).ok());
}

}  // namespace
}  // namespace descent
