#include "worker/data/text_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TextFilesTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  // "name=text" of each file.
  std::vector<std::string> Read(const std::string& glob) const {
    std::vector<std::string> read;
    for (const TextFile& file : ReadTextFiles(Path(glob)).value())
      read.push_back(file.path.filename().string() + "=" + file.text);
    return read;
  }

  std::string ProblemsOf(const std::string& glob) const {
    const auto files = ReadTextFiles(Path(glob));
    EXPECT_EQ(files.status().code(), Code::kInvalidArgument);
    return files.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(TextFilesTest, APlainNameIsOneFile) {
  WriteBytes(Path("a.txt"), "one");

  EXPECT_THAT(Read("a.txt"), ElementsAre("a.txt=one"));
}

TEST_F(TextFilesTest, MatchesAreSortedByTheirBytes) {
  for (const char* name : {"b.txt", "B.txt", "a.txt", "a.md"}) WriteBytes(Path(name), "x");

  EXPECT_THAT(Read("*.txt"), ElementsAre("B.txt=x", "a.txt=x", "b.txt=x"));
}

TEST_F(TextFilesTest, AFileThatIsReachedTwiceIsReadOnceInItsFirstPlace) {
  WriteBytes(Path("GPL-3"), "three");
  WriteBytes(Path("GPL-2"), "two");
  std::filesystem::create_symlink("GPL-3", Path("GPL"));

  EXPECT_THAT(Read("*"), ElementsAre("GPL=three", "GPL-2=two"));
}

TEST_F(TextFilesTest, NothingThatMatchesIsAProblem) {
  EXPECT_EQ(ProblemsOf("*.txt"), Path("*.txt") + ": no such file");
}

TEST_F(TextFilesTest, EveryMatchThatIsNoReadableFileIsALine) {
  WriteBytes(Path("a"), "fine");
  std::filesystem::create_symlink("nowhere", Path("b"));
  std::filesystem::create_symlink("nowhere", Path("c"));

  EXPECT_EQ(ProblemsOf("*"), Path("b") + ": No such file or directory\n" + Path("c") +
                                 ": No such file or directory");
}

TEST_F(TextFilesTest, DirectoriesAreLeftOut) {
  WriteBytes(Path("a"), "one");
  std::filesystem::create_directory(Path("b"));

  EXPECT_THAT(Read("*"), ElementsAre("a=one"));
}

TEST_F(TextFilesTest, ADirectoryAloneIsAProblem) {
  std::filesystem::create_directory(Path("texts"));

  EXPECT_EQ(ProblemsOf("texts"),
            Path("texts") + ": a directory, must be a file or a pattern of files");
}

// Permissions do not stop the superuser, a pipe does.
TEST_F(TextFilesTest, AFileThatCannotBeReadIsNamed) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);

  EXPECT_THAT(ProblemsOf("*"), HasSubstr(Path("pipe")));
}

}  // namespace
}  // namespace descent
