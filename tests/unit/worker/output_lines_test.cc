#include "worker/output_lines.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

using Texts = std::vector<std::string>;

class OutputLinesTest : public testing::Test {
 protected:
  Texts taken_;
  OutputLines lines_{[this](std::string_view line) { taken_.emplace_back(line); }};
};

TEST_F(OutputLinesTest, ALineIsTakenWhenItsEndComes) {
  lines_.Add("one\ntw");
  EXPECT_EQ(taken_, Texts{"one"});

  lines_.Add("o\n");
  EXPECT_EQ(taken_, (Texts{"one", "two"}));
}

TEST_F(OutputLinesTest, HalfALineIsOneAtTheEnd) {
  lines_.Add("terminate called after");

  lines_.Finish();
  lines_.Finish();

  EXPECT_EQ(taken_, Texts{"terminate called after"});
}

TEST_F(OutputLinesTest, EmptyLinesAndCarriageReturnsAreLeftOut) {
  lines_.Add("\n\r\none\r\n\n");

  EXPECT_EQ(taken_, Texts{"one"});
}

TEST_F(OutputLinesTest, AnEndlessLineComesInPiecesThatALogTakes) {
  const std::string endless(3 * limits::kLogTextBytesMax, 'x');

  lines_.Add(endless);

  std::string all;
  for (const std::string& piece : taken_) {
    EXPECT_LE(piece.size(), limits::kLogTextBytesMax);
    all += piece;
  }
  EXPECT_EQ(all, endless);
}

TEST_F(OutputLinesTest, AnEndlessLineIsNotCutWithinItsCharacters) {
  std::string endless;
  while (endless.size() < 3 * limits::kLogTextBytesMax) endless += "a\u00e9\u20ac\U0001f600";
  constexpr std::size_t kReadBytes = 1001;  // of a pipe, which knows no characters

  for (std::size_t at = 0; at < endless.size(); at += kReadBytes)
    lines_.Add(std::string_view(endless).substr(at, kReadBytes));
  lines_.Finish();

  std::string all;
  for (const std::string& piece : taken_) all += piece;
  EXPECT_EQ(all, endless);
}

TEST(ValidUtf8Test, CharactersStayAsTheyAre) {
  const std::string text = "a\u00e9\u20ac\U0001f600";

  EXPECT_EQ(ValidUtf8(text), text);
}

TEST(ValidUtf8Test, BytesThatAreNoCharacterAreReplaced) {
  const std::string replaced = "\ufffd";

  EXPECT_EQ(ValidUtf8("a\xff"
                      "b"),
            "a" + replaced + "b");
  EXPECT_EQ(ValidUtf8("\xe2\x82"), replaced + replaced) << "cut off";
  EXPECT_EQ(ValidUtf8("\xc0\xaf"), replaced + replaced) << "longer than it needs to be";
  EXPECT_EQ(ValidUtf8("\xed\xa0\x80"), replaced + replaced + replaced) << "a surrogate";
  EXPECT_EQ(ValidUtf8("\xf5\x80\x80\x80").size(), 4 * replaced.size()) << "beyond the last";
}

}  // namespace
}  // namespace descent
