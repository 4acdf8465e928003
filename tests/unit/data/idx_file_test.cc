#include "worker/data/idx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/file.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class IdxFileTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return directory_.path() / "values"; }
  std::filesystem::path compressed_path() const { return directory_.path() / "values.gz"; }

  std::string ProblemOf(const std::string& bytes, int rank = 1) const {
    WriteBytes(path(), bytes);
    const Result<IdxFile> file = ReadIdxFile(path(), rank);
    EXPECT_EQ(file.status().code(), Code::kInvalidArgument);
    EXPECT_THAT(file.status().message(), HasSubstr(path().string()));
    return file.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(IdxFileTest, ReadsAPlainFile) {
  WriteBytes(path(), IdxBytes({2, 3}, "abcdef"));

  const IdxFile file = ReadIdxFile(path(), 2).value();

  EXPECT_THAT(file.shape, ElementsAre(2, 3));
  EXPECT_THAT(file.values, ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
}

TEST_F(IdxFileTest, ReadsAGzipFile) {
  WriteGzip(compressed_path(), IdxBytes({3}, "abc"));

  const IdxFile file = ReadIdxFile(path(), 1).value();

  EXPECT_EQ(file.path, compressed_path());
  EXPECT_THAT(file.values, ElementsAre('a', 'b', 'c'));
}

TEST_F(IdxFileTest, ReadsAFileLargerThanOneBlock) {
  WriteGzip(compressed_path(), IdxBytes({3'000'000}, std::string(3'000'000, 'x')));

  EXPECT_EQ(ReadIdxFile(path(), 1).value().values.size(), 3'000'000u);
}

TEST_F(IdxFileTest, AMissingFileNamesBothCandidates) {
  const Result<IdxFile> file = ReadIdxFile(path(), 1);

  EXPECT_EQ(file.status().code(), Code::kInvalidArgument);
  EXPECT_EQ(file.status().message(),
            path().string() + ": no such file, nor " + compressed_path().string());
}

TEST_F(IdxFileTest, AnotherRankIsABadMagicNumber) {
  EXPECT_THAT(ProblemOf(IdxBytes({3}, "abc"), 3),
              HasSubstr("magic number 0x00000801, must be 0x00000803"));
}

TEST_F(IdxFileTest, AFileThatIsNotIdxIsABadMagicNumber) {
  EXPECT_THAT(ProblemOf("hello world"), HasSubstr("magic number 0x68656c6c, must be 0x00000801"));
}

TEST_F(IdxFileTest, AnEmptyFileIsTruncated) {
  EXPECT_THAT(ProblemOf(""), HasSubstr("truncated: 0 bytes, the header alone must have 8"));
}

TEST_F(IdxFileTest, ATruncatedFileSaysFoundBytesAndWantedBytes) {
  EXPECT_THAT(ProblemOf(IdxBytes({2, 3}, "abcde"), 2),
              HasSubstr("truncated: 17 bytes, must be 18 (12 of header and 2 x 3)"));
}

TEST_F(IdxFileTest, TrailingBytesAreRefused) {
  EXPECT_THAT(ProblemOf(IdxBytes({3}, "abcd")),
              HasSubstr("goes on after the 11 bytes that its header wants"));
}

TEST_F(IdxFileTest, ADimensionOfZeroIsRefused) {
  EXPECT_THAT(ProblemOf(IdxBytes({3, 0}, ""), 2), HasSubstr("size 3 x 0, must be at least 1"));
}

TEST_F(IdxFileTest, ASizeThatOverflowsIsRefused) {
  const std::uint32_t huge = 0xffffffff;

  EXPECT_THAT(ProblemOf(IdxBytes({huge, huge, huge}, ""), 3), HasSubstr("below 2^63 bytes"));
}

// 4 EiB could not be reserved: the test passes because nothing is.
TEST_F(IdxFileTest, AHugeClaimReservesNothing) {
  EXPECT_THAT(ProblemOf(IdxBytes({1u << 31, 1u << 31}, "abc"), 2),
              HasSubstr("truncated: 15 bytes"));
}

TEST_F(IdxFileTest, ATruncatedGzipFileIsTruncated) {
  WriteGzip(compressed_path(), IdxBytes({26}, "abcdefghijklmnopqrstuvwxyz"));
  std::filesystem::resize_file(compressed_path(),
                               std::filesystem::file_size(compressed_path()) - 20);

  EXPECT_THAT(ReadIdxFile(path(), 1).status().message(), HasSubstr("truncated"));
}

TEST_F(IdxFileTest, AGzipFileWithoutItsChecksumIsTruncated) {
  WriteGzip(compressed_path(), IdxBytes({3}, "abc"));
  std::filesystem::resize_file(compressed_path(),
                               std::filesystem::file_size(compressed_path()) - 8);

  EXPECT_THAT(ReadIdxFile(path(), 1).status().message(), HasSubstr("truncated"));
}

TEST_F(IdxFileTest, AWrongGzipChecksumIsRefused) {
  WriteGzip(compressed_path(), IdxBytes({3}, "abc"));
  std::string bytes = ReadFile(compressed_path()).value();
  bytes[bytes.size() - 8] ^= 1;
  WriteBytes(compressed_path(), bytes);

  EXPECT_THAT(ReadIdxFile(path(), 1).status().message(), HasSubstr("incorrect data check"));
}

}  // namespace
}  // namespace descent
