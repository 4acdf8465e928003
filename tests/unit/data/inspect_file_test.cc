#include "worker/data/inspect_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/image_writer.h"
#include "tests/unit/data/npy_writer.h"
#include "tests/unit/data/npz_writer.h"
#include "worker/data/token_file.h"

namespace descent {
namespace {

using testing::HasSubstr;

class InspectFileTest : public testing::Test {
 protected:
  std::string Path(const std::string& name) const { return directory_.path() / name; }

  std::string TextOf(const std::string& name, const std::string& bytes) const {
    WriteBytes(Path(name), bytes);
    return InspectFile(Path(name)).value();
  }

  std::string ProblemsOf(const std::string& name, const std::string& bytes) const {
    WriteBytes(Path(name), bytes);
    const Result<std::string> text = InspectFile(Path(name));
    EXPECT_EQ(text.status().code(), Code::kInvalidArgument);
    return text.status().message();
  }

 private:
  const TemporaryDirectory directory_;
};

TEST_F(InspectFileTest, ATableTellsOfEachColumn) {
  EXPECT_EQ(TextOf("t.csv", "x,kind,none\n1,a,\n3,b,NA\n,a,\n"),
            Path("t.csv") +
                ": 3 rows of 3 columns, named by the first line\n"
                "  x: 2 numbers, min 1, mean 2, max 3; 1 missing; first: \"1\"\n"
                "  kind: 3 words, 2 distinct: \"a\", \"b\"; first: \"a\"\n"
                "  none: nothing; 3 missing; first: \"\"\n");
}

TEST_F(InspectFileTest, NumbersAmongWordsAreToldOf) {
  EXPECT_THAT(TextOf("t.tsv", "x\n1\nred\n"),
              HasSubstr("x: 1 numbers, min 1, mean 1, max 1; 1 words, 1 distinct: \"red\""));
}

TEST_F(InspectFileTest, AllProblemsOfATableComeAtOnce) {
  EXPECT_EQ(ProblemsOf("t.csv", "x,y\n1\n2,3\n\"\n"),
            Path("t.csv") + ": line 2: 1 fields, must be 2 like the first line\n" + Path("t.csv") +
                ": line 5: a quoted field that does not end, must have a closing quote");
}

TEST_F(InspectFileTest, AnArrayTellsItsTypeShapeRangeAndARow) {
  EXPECT_EQ(TextOf("x.npy", NpyBytes("<f4", "(2, 2)", BytesOf<float>({1, 2, NAN, 6}))),
            Path("x.npy") +
                ": f4 of shape (2, 2)\n  values  min 1, mean 3, max 6, 1 NaN\n  row 0   [1, 2]\n");
}

TEST_F(InspectFileTest, AnArchiveTellsOfEachArray) {
  WriteNpz(Path("d.npz"),
           {{"x", NpyBytes("|u1", "(1,)", "\x05")}, {"y", NpyBytes("|u1", "(1,)", "\x07")}},
           NpzMethod::kDeflated);

  EXPECT_EQ(InspectFile(Path("d.npz")).value(),
            "x: u1 of shape (1)\n  values  min 5, mean 5, max 5\n  row 0   [5]\n"
            "y: u1 of shape (1)\n  values  min 7, mean 7, max 7\n  row 0   [7]\n");
}

TEST_F(InspectFileTest, AnIdxFileTellsItsShape) {
  EXPECT_THAT(TextOf("t-labels-idx1-ubyte", IdxBytes({2}, "\x01\x03")),
              HasSubstr("u1 of shape (2)\n  values  min 1, mean 2, max 3"));
}

TEST_F(InspectFileTest, AKindThatIsNotKnownListsThoseThatAre) {
  EXPECT_THAT(ProblemsOf("t.xls", "?"), HasSubstr("must end in one of: .csv, .tsv, .npy, .npz"));
}

TEST_F(InspectFileTest, AFileThatIsMissingIsNamed) {
  EXPECT_THAT(InspectFile(Path("t.csv")).status().message(), HasSubstr(Path("t.csv")));
}

TEST_F(InspectFileTest, ATokenFileTellsItsTypeCountAndRange) {
  const std::string tokens("\x01\0\x05\0\x03\0", 6);

  EXPECT_EQ(TextOf("a.bin", TokenFileHeader(TokenType::kUint16, 3) + tokens),
            Path("a.bin") +
                ": 3 tokens of uint16, below a header of llm.c\n"
                "  values  min 1, mean 3, max 5\n"
                "  first   [1, 5, 3]\n");
  EXPECT_THAT(TextOf("b.bin", tokens), HasSubstr("3 tokens of uint16, if it is a token file"));
}

TEST_F(InspectFileTest, AFileOfCifarTellsItsImages) {
  EXPECT_EQ(TextOf("a.bin", std::string(3 * 3073, 'x')),
            Path("a.bin") + ": 3 images, if it is of CIFAR-10\n");
}

TEST_F(InspectFileTest, ABinaryFileThatFitsNothingIsRefused) {
  EXPECT_THAT(ProblemsOf("a.bin", "odd"), HasSubstr("3 bytes, must be a multiple of 2"));
}

TEST_F(InspectFileTest, AnImageTellsItsSizeAndColours) {
  EXPECT_EQ(TextOf("a.png", PlainPng(2, 3, {255, 0, 51})),
            Path("a.png") +
                ": 2 x 3 pixels\n"
                "  red    min 1, mean 1, max 1\n"
                "  green  min 0, mean 0, max 0\n"
                "  blue   min 0.2, mean 0.2, max 0.2\n");
}

}  // namespace
}  // namespace descent
