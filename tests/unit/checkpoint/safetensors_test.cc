#include "worker/checkpoint/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string FileOf(const std::string& header, const std::string& values) {
  const std::uint64_t length = header.size();
  std::string file(8, '\0');
  std::memcpy(file.data(), &length, 8);
  return file + header + values;
}

Result<std::vector<SafetensorsEntry>> Parse(const std::string& file) {
  return ParseSafetensors(std::as_bytes(std::span(file)));
}

std::string ProblemOf(const std::string& file) {
  const auto parsed = Parse(file);
  EXPECT_EQ(parsed.status().code(), Code::kDataLoss);
  return parsed.status().message();
}

TEST(SafetensorsTest, RoundTripKeepsNamesShapesAndBits) {
  const std::array weight = {1.0f, -0.0f, 3.0f, 4.0f, 5.0f, 6.0f};
  const std::array scalar = {7.0f};
  const std::array tensors = {TensorView{.name = "z.weight", .shape = {2, 3}, .values = weight},
                              TensorView{.name = "empty", .shape = {0, 5}, .values = {}},
                              TensorView{.name = "a", .shape = {}, .values = scalar}};
  std::string file = EncodeSafetensorsHeader(tensors);
  for (const TensorView& tensor : tensors)
    file.append(reinterpret_cast<const char*>(tensor.values.data()), tensor.values.size_bytes());

  const auto entries = Parse(file);

  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries.value().size(), 3u);
  EXPECT_EQ(entries.value()[0].name, "z.weight");
  EXPECT_THAT(entries.value()[0].shape, ElementsAre(2, 3));
  EXPECT_EQ(std::memcmp(entries.value()[0].bytes.data(), weight.data(), sizeof(weight)), 0);
  EXPECT_EQ(entries.value()[1].name, "empty");
  EXPECT_EQ(entries.value()[2].name, "a");
  EXPECT_THAT(entries.value()[2].shape, testing::IsEmpty());
}

TEST(SafetensorsTest, TheHeaderIsAsTheFormatSays) {
  const std::array values = {1.0f};
  const std::array tensors = {TensorView{.name = "a", .shape = {1}, .values = values}};

  const std::string header = EncodeSafetensorsHeader(tensors);

  EXPECT_EQ(header.size() % 8, 0u);
  EXPECT_THAT(header, HasSubstr(R"({"__metadata__":{"format":"pt"},)"
                                R"("a":{"data_offsets":[0,4],"dtype":"F32","shape":[1]}})"));
}

TEST(SafetensorsTest, NoTensorsAreAFile) { EXPECT_TRUE(Parse(FileOf("{}", "")).ok()); }

TEST(SafetensorsTest, AFileWithoutALengthIsRefused) {
  EXPECT_THAT(ProblemOf("1234567"), HasSubstr("7 bytes, must be at least 8"));
}

TEST(SafetensorsTest, AHeaderBeyondTheFileIsRefused) {
  EXPECT_THAT(ProblemOf(std::string(8, '\xff')), HasSubstr("must be at most 0"));
}

TEST(SafetensorsTest, AHugeHeaderIsRefused) {
  EXPECT_THAT(ProblemOf(FileOf(std::string((16 << 20) + 1, ' '), "")),
              HasSubstr("must be at most 16777216"));
}

TEST(SafetensorsTest, AHeaderThatIsNotAnObjectIsRefused) {
  for (const char* header : {"", "[]", "{", "{} {}", " {}", "null", "{\"a\":}"})
    EXPECT_THAT(ProblemOf(FileOf(header, "")), HasSubstr("not a JSON object")) << header;
}

TEST(SafetensorsTest, DuplicateNamesAreRefused) {
  const std::string tensor = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";

  EXPECT_THAT(ProblemOf(FileOf("{" + tensor + "," + tensor + "}", "1234")),
              HasSubstr("key \"a\" appears twice"));
}

TEST(SafetensorsTest, DuplicateFieldsAreRefused) {
  EXPECT_THAT(
      ProblemOf(
          FileOf(R"({"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}})", "1234")),
      HasSubstr("key \"dtype\" appears twice"));
}

TEST(SafetensorsTest, OtherFieldsAreRefused) {
  for (const char* tensor : {"1", "{}", R"({"dtype":"F32","shape":[]})",
                             R"({"dtype":"F32","shape":[],"data_offsets":[0,4],"more":1})"})
    EXPECT_THAT(ProblemOf(FileOf("{\"a\":" + std::string(tensor) + "}", "1234")),
                HasSubstr("must have exactly dtype, shape and data_offsets"))
        << tensor;
}

struct WrongField {
  std::string dtype, shape, data_offsets, problem;
};

class SafetensorsFieldTest : public testing::TestWithParam<WrongField> {};

TEST_P(SafetensorsFieldTest, IsRefused) {
  const WrongField& field = GetParam();
  const std::string header = R"({"a":{"dtype":)" + field.dtype + R"(,"shape":)" + field.shape +
                             R"(,"data_offsets":)" + field.data_offsets + "}}";

  EXPECT_THAT(ProblemOf(FileOf(header, "12345678")), HasSubstr(field.problem));
}

INSTANTIATE_TEST_SUITE_P(
    EachField, SafetensorsFieldTest,
    testing::Values(WrongField{R"("F16")", "[4]", "[0,8]", "dtype F32"},
                    WrongField{"1", "[2]", "[0,8]", "dtype F32"},
                    WrongField{R"("F32")", "[-2]", "[0,8]", "a shape of"},
                    WrongField{R"("F32")", "[2.0]", "[0,8]", "a shape of"},
                    WrongField{R"("F32")", "[1,1,1,1,1,1,1,1,2]", "[0,8]", "at most 8 sizes"},
                    WrongField{R"("F32")", "[18446744073709551615]", "[0,8]", "a shape of"},
                    WrongField{R"("F32")", "[4611686018427387904,4]", "[0,8]",
                               "as its shape wants"},
                    WrongField{R"("F32")", "[3]", "[0,8]", "as its shape wants"},
                    WrongField{R"("F32")", "[2]", "[0]", "two data_offsets"},
                    WrongField{R"("F32")", "[2]", "[8,0]", "data_offsets within the 8 bytes"},
                    WrongField{R"("F32")", "[2]", "[4,12]", "data_offsets within the 8 bytes"},
                    WrongField{R"("F32")", "[1]", "[4,8]", "begin at 4, must begin at 0"},
                    WrongField{R"("F32")", "[1]", "[0,4]", "end at 4, must end at 8"}));

TEST(SafetensorsTest, OverlappingTensorsAreRefused) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})";

  EXPECT_THAT(ProblemOf(FileOf(header, "12345678")), HasSubstr("begin at 4, must begin at 8"));
}

TEST(SafetensorsTest, NamesMustBePrintableAscii) {
  EXPECT_TRUE(IsTensorName("layers.0.weight"));
  EXPECT_TRUE(IsTensorName(std::string(512, 'a')));
  EXPECT_FALSE(IsTensorName(std::string(513, 'a')));
  EXPECT_FALSE(IsTensorName(""));
  EXPECT_FALSE(IsTensorName("a\nb"));
  EXPECT_FALSE(IsTensorName("gewichtsmaß"));
  EXPECT_FALSE(IsTensorName("__metadata__"));
}

}  // namespace
}  // namespace descent
