#include "worker/data/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/limits.h"
#include "tests/unit/data/mutations.h"

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Records = std::vector<std::vector<std::string>>;

Result<Records> ReadRecords(std::string_view text, char delimiter = ',') {
  CsvReader reader(text, delimiter);
  Records records;
  while (true) {
    DESCENT_ASSIGN(const bool is_more, reader.Next());
    if (!is_more) return records;
    records.emplace_back(reader.fields().begin(), reader.fields().end());
  }
}

std::string ProblemOf(std::string_view text) { return ReadRecords(text).status().message(); }

TEST(CsvReaderTest, LinesEndInEitherWayAndTheLastMayDoWithout) {
  EXPECT_THAT(ReadRecords("a,b\r\nc,d\ne,f").value(),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("c", "d"), ElementsAre("e", "f")));
}

TEST(CsvReaderTest, AnEmptyTextHasNoRecords) { EXPECT_THAT(ReadRecords("").value(), IsEmpty()); }

TEST(CsvReaderTest, FieldsMayBeEmpty) {
  EXPECT_THAT(ReadRecords(",\n\n").value(), ElementsAre(ElementsAre("", ""), ElementsAre("")));
}

TEST(CsvReaderTest, QuotesKeepDelimitersLineEndsAndDoubledQuotes) {
  EXPECT_THAT(ReadRecords("\"a,\"\"b\"\"\nc\",d\n\"\",\"x\"\n").value(),
              ElementsAre(ElementsAre("a,\"b\"\nc", "d"), ElementsAre("", "x")));
}

TEST(CsvReaderTest, AByteOrderMarkIsPassedOver) {
  EXPECT_THAT(ReadRecords("\xEF\xBB\xBF"
                          "a\n")
                  .value(),
              ElementsAre(ElementsAre("a")));
}

TEST(CsvReaderTest, AnyDelimiterServes) {
  EXPECT_THAT(ReadRecords("a,b\tc\n", '\t').value(), ElementsAre(ElementsAre("a,b", "c")));
}

TEST(CsvReaderTest, ARecordIsPlacedAtTheLineWhereItBegins) {
  CsvReader reader("\"a\nb\"\nc\n", ',');
  ASSERT_TRUE(reader.Next().value());
  ASSERT_TRUE(reader.Next().value());

  EXPECT_EQ(reader.line(), 3);
}

TEST(CsvReaderTest, AQuoteInsideAFieldIsRefused) {
  EXPECT_THAT(ProblemOf("a\nb\"c\n"), HasSubstr("line 2: a quote inside a field"));
}

TEST(CsvReaderTest, TextBehindAClosingQuoteIsRefused) {
  EXPECT_THAT(ProblemOf("\"a\"b\n"), HasSubstr("line 1: something behind a closing quote"));
}

TEST(CsvReaderTest, AQuoteThatIsNotClosedIsRefused) {
  EXPECT_THAT(ProblemOf("a\n\"b\nc"), HasSubstr("line 3: a quoted field that does not end"));
}

TEST(CsvReaderTest, ALoneCarriageReturnIsRefused) {
  EXPECT_THAT(ProblemOf("a\rb\n"), HasSubstr("line 1: a carriage return without a line feed"));
}

TEST(CsvReaderTest, ANulByteIsRefusedInAndOutOfQuotes) {
  EXPECT_THAT(ProblemOf(std::string_view("a\n\0", 3)), HasSubstr("line 2: a NUL byte"));
  EXPECT_THAT(ProblemOf(std::string_view("\"\0\"", 3)), HasSubstr("line 1: a NUL byte"));
}

TEST(CsvReaderTest, ALineThatIsTooLongIsRefusedInAndOutOfQuotes) {
  const std::string longest(limits::kTableLineBytesMax, 'x');

  EXPECT_TRUE(ReadRecords(longest).ok());
  EXPECT_THAT(ProblemOf(longest + "x"), HasSubstr("more than 1048576 bytes"));
  EXPECT_THAT(ProblemOf("\"" + longest + "\""), HasSubstr("more than 1048576 bytes"));
}

TEST(CsvReaderTest, TooManyFieldsAreRefused) {
  EXPECT_THAT(ProblemOf(std::string(limits::kTableColumnsMax, ',')),
              HasSubstr("more than 65536 fields"));
}

// Whatever is done to a text, each record has fields that lie within it, or there is a message.
TEST(CsvReaderTest, AMutatedTextIsReadOrRefusedAndNothingElse) {
  const std::string text = "a,b\r\n\"x,\"\"y\n\",2\n,\n3,\"4\"\n";
  std::int64_t read = 0;
  for (const std::string& mutated : Mutations(text, "\"\n\r,\0x", 3000)) {
    const Result<Records> records = ReadRecords(mutated);
    if (!records.ok()) {
      EXPECT_THAT(records.status().message(), HasSubstr("line "));
      continue;
    }
    ++read;
    std::size_t bytes = 0;
    for (const auto& record : records.value())
      for (const std::string& field : record) bytes += field.size();
    EXPECT_LE(bytes, mutated.size());
  }
  EXPECT_GT(read, 0);
}

}  // namespace
}  // namespace descent
