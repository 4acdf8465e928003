#include "common/mapped_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string_view>
#include <utility>

#include "common/mapping_list.h"
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

void ReadAfterItWasCutShort(const std::filesystem::path& path) {
  ExplainBusErrors();
  const MappedFile file = MappedFile::Open(path).value();
  std::filesystem::resize_file(path, 0);
  [[maybe_unused]] const volatile auto first = static_cast<unsigned char>(file.bytes()[0]);
}

TEST_F(MappedFileTest, AFileThatIsCutShortUnderItsReaderIsNamed) {
  EXPECT_DEATH(ReadAfterItWasCutShort(Write("some bytes")),
               "error: .*/file cannot be read any more: it was cut short");
}

}  // namespace
}  // namespace descent
