#include "coordinator/http_gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace descent {
namespace {

// By zlib, which checks the sum behind the bytes.
std::string Unpack(std::string packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string bytes(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

TEST(HttpGzipTest, WhatIsPackedComesOutAsItWas) {
  std::string noise;
  for (unsigned i = 0, state = 1; i < 100000; ++i) {
    state = state * 1664525 + 1013904223;
    noise += static_cast<char>(state >> 24);
  }
  for (const std::string& bytes :
       {std::string(), std::string("a"), std::string(100000, 'a'), noise})
    EXPECT_EQ(Unpack(Gzip(bytes)), bytes);
}

TEST(HttpGzipTest, TextIsPackedFromAKibibyteOn) {
  HttpResponse small{200, "text/plain", std::string(1023, 'a')};
  HttpResponse large{200, "text/plain", std::string(1024, 'a')};

  Pack(small);
  Pack(large);

  EXPECT_EQ(small.body, std::string(1023, 'a'));
  EXPECT_EQ(Unpack(large.body), std::string(1024, 'a'));
}

TEST(HttpGzipTest, TextAndJsonMayBePackedAndFilesNever) {
  for (const char* type : {"text/html; charset=utf-8", "application/json; charset=utf-8",
                           "application/openmetrics-text; version=1.0.0; charset=utf-8"})
    EXPECT_TRUE(IsPackable({200, type, ""})) << type;
  EXPECT_FALSE(IsPackable({200, "application/octet-stream", ""}));
  EXPECT_FALSE(IsPackable({200, "image/png", ""}));
}

}  // namespace
}  // namespace descent
