#include "worker/data/image_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/temporary_directory.h"
#include "tests/unit/data/idx_writer.h"
#include "tests/unit/data/image_writer.h"

namespace descent {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

std::string ImageProblemOf(const std::string& bytes) {
  const Status status = DecodeImage(bytes, 3).status();
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  return status.message();
}

// A PNG of one pixel that claims this size.
std::string PngOfSize(std::uint32_t width, std::uint32_t height) {
  std::string bytes = PlainPng(1, 1, {0});
  const auto put = [&](std::size_t offset, std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes[offset + i] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(16, width);
  put(20, height);
  const auto* const header = reinterpret_cast<const Bytef*>(bytes.data()) + 12;
  put(29, static_cast<std::uint32_t>(crc32(0, header, 17)));
  return bytes;
}

TEST(ImageFileTest, APngInColourBecomesThreePlanes) {
  const PixelImage image = DecodeImage(PngBytes(1, 2, {1, 2, 3, 4, 5, 6}), 3).value();

  EXPECT_EQ(image.shape, (ImageShape{.channels = 3, .height = 1, .width = 2}));
  EXPECT_THAT(image.pixels, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(ImageFileTest, GreyInColourHasThreeEqualPlanes) {
  EXPECT_THAT(DecodeImage(PngBytes(1, 2, {7, 9}), 3).value().pixels, ElementsAre(7, 9, 7, 9, 7, 9));
}

TEST(ImageFileTest, GreyStaysGrey) {
  EXPECT_THAT(DecodeImage(PngBytes(2, 1, {7, 9}), 1).value().pixels, ElementsAre(7, 9));
}

TEST(ImageFileTest, ColoursBecomeGreyByTheirBrightness) {
  EXPECT_THAT(DecodeImage(PngBytes(1, 3, {255, 0, 0, 0, 255, 0, 0, 0, 255}), 1).value().pixels,
              ElementsAre(76, 150, 29));
}

// The library rounds, and its conversion of colours does.
TEST(ImageFileTest, AJpegOfOneColourKeepsItToWithinTwo) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < 64; ++i) pixels.insert(pixels.end(), {200, 100, 50});

  const PixelImage image = DecodeImage(JpegBytes(8, 8, pixels), 3).value();

  EXPECT_EQ(image.shape, (ImageShape{.channels = 3, .height = 8, .width = 8}));
  const auto plane = [&](int channel) {
    return std::vector<int>(image.pixels.begin() + 64 * channel,
                            image.pixels.begin() + 64 * (channel + 1));
  };
  EXPECT_THAT(plane(0), Each(testing::AllOf(testing::Ge(198), testing::Le(202))));
  EXPECT_THAT(plane(1), Each(testing::AllOf(testing::Ge(98), testing::Le(102))));
  EXPECT_THAT(plane(2), Each(testing::AllOf(testing::Ge(48), testing::Le(52))));
}

TEST(ImageFileTest, AGreyJpegIsDecoded) {
  EXPECT_EQ(DecodeImage(JpegBytes(3, 5, std::vector<std::uint8_t>(15, 90)), 1).value().shape,
            (ImageShape{.channels = 1, .height = 3, .width = 5}));
}

TEST(ImageFileTest, WhatIsNoImageIsRefused) {
  EXPECT_EQ(ImageProblemOf(""), "neither PNG nor JPEG");
  EXPECT_EQ(ImageProblemOf("GIF89a"), "neither PNG nor JPEG");
}

TEST(ImageFileTest, ATruncatedPngIsRefused) {
  const std::string whole = PlainPng(20, 20, {1, 2, 3});

  for (std::size_t size = 8; size < whole.size(); ++size)
    EXPECT_THAT(ImageProblemOf(whole.substr(0, size)), HasSubstr("corrupt PNG: ")) << size;
}

TEST(ImageFileTest, ATruncatedJpegIsRefused) {
  const std::string whole = JpegBytes(20, 20, std::vector<std::uint8_t>(1200, 99));

  for (std::size_t size = 3; size < whole.size(); ++size)
    EXPECT_THAT(ImageProblemOf(whole.substr(0, size)), HasSubstr("corrupt JPEG: ")) << size;
}

TEST(ImageFileTest, AFlippedBitOfAPngIsRefused) {
  std::string bytes = PlainPng(20, 20, {1, 2, 3});
  bytes[bytes.find("IDAT") + 8] ^= 1;

  EXPECT_THAT(ImageProblemOf(bytes), HasSubstr("corrupt PNG: "));
}

TEST(ImageFileTest, AnEnormousPngIsRefusedBeforeMemoryIsTaken) {
  const std::string wanted = " pixels, must be from 1 to 16384 each way";

  EXPECT_EQ(ImageProblemOf(PngOfSize(16385, 1)), "1 x 16385" + wanted);
  EXPECT_EQ(ImageProblemOf(PngOfSize(1, 0x7fffffff)), "2147483647 x 1" + wanted);
}

TEST(ImageFileTest, AnEnormousJpegIsRefusedBeforeMemoryIsTaken) {
  std::string bytes = JpegBytes(8, 8, std::vector<std::uint8_t>(64, 9));
  const std::size_t frame = bytes.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\x4F\xFF\x4F\xFF");

  EXPECT_EQ(ImageProblemOf(bytes), "20479 x 20479 pixels, must be from 1 to 16384 each way");
}

TEST(ImageFileTest, AJpegOfFourColoursIsRefused) {
  EXPECT_EQ(ImageProblemOf(JpegBytes(8, 8, std::vector<std::uint8_t>(256, 9))),
            "a JPEG of 4 colours, must be grey or of 3");
}

TEST(ImageFileTest, AFileIsNamed) {
  const TemporaryDirectory directory;
  const std::string path = directory.path() / "a.png";
  WriteBytes(path, "not an image");

  EXPECT_EQ(ReadImageFile(path, 3).status().message(), path + ": neither PNG nor JPEG");
}

// What a scan of a JPEG changes: a grey image's coefficients [first, last], as far as `bits` says.
std::string Scan(int first, int last, int bits) {
  std::string scan("\xff\xda\0\x08\x01\x01\0", 7);
  for (const int number : {first, last, bits}) scan += static_cast<char>(number);
  return scan + '\x3f';  // that all of them are zero, in a code of one bit
}

// A progressive JPEG of 8 x 8 pixels: its first 64 scans begin a coefficient each, the others
// refine them.
std::string ProgressiveJpeg(int scans) {
  std::string bytes("\xff\xd8\xff\xdb\0\x43\0", 7);
  bytes += std::string(64, '\x01');
  for (const char table : {'\x00', '\x10'}) {
    bytes += std::string("\xff\xc4\0\x14", 4) + table;
    bytes += '\x01' + std::string(16, '\0');
  }
  bytes += std::string("\xff\xc2\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0", 13);
  bytes += Scan(0, 0, 0);
  for (int i = 0; i + 1 < scans; ++i) bytes += Scan(1 + i % 63, 1 + i % 63, i < 63 ? 0x01 : 0x10);
  return bytes + "\xff\xd9";
}

TEST(ImageFileTest, AProgressiveJpegOfASensibleNumberOfScansIsRead) {
  EXPECT_EQ(DecodeImage(ProgressiveJpeg(100), 1).value().pixels.size(), 64u);
}

// Each scan goes over all of the image: a small file could take hours.
TEST(ImageFileTest, AProgressiveJpegOfMoreScansIsRefused) {
  EXPECT_THAT(ImageProblemOf(ProgressiveJpeg(101)), HasSubstr("more than 100 scans"));
}

}  // namespace
}  // namespace descent
