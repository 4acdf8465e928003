#include "common/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string_view>
#include <utility>

#include "tests/support/temporary_directory.h"

namespace descent {
namespace {

using testing::HasSubstr;

class MappedFileTest : public testing::Test {
 protected:
  std::filesystem::path Write(std::string_view text) const {
    const std::filesystem::path path = directory_.path() / "file";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  static std::string_view TextOf(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
  }

  const TemporaryDirectory directory_;
};

TEST_F(MappedFileTest, ItHasTheBytesOfTheFile) {
  EXPECT_EQ(TextOf(MappedFile::Open(Write("some bytes")).value()), "some bytes");
}

TEST_F(MappedFileTest, AnEmptyFileHasNoBytes) {
  EXPECT_TRUE(MappedFile::Open(Write("")).value().bytes().empty());
}

TEST_F(MappedFileTest, MovingItLeavesTheBytesWhereTheyAre) {
  MappedFile file = MappedFile::Open(Write("some bytes")).value();
  const std::byte* const start = file.bytes().data();

  const MappedFile moved = std::move(file);

  EXPECT_EQ(moved.bytes().data(), start);
  EXPECT_EQ(TextOf(moved), "some bytes");
}

TEST_F(MappedFileTest, AMissingFileIsNamed) {
  const Status status = MappedFile::Open(directory_.path() / "missing").status();

  EXPECT_EQ(status.code(), Code::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("missing: No such file or directory"));
}

TEST_F(MappedFileTest, ADirectoryIsNotAFile) {
  const Status status = MappedFile::Open(directory_.path()).status();

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("is not a file, must be a regular file"));
}

}  // namespace
}  // namespace descent
