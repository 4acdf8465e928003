#include "coordinator/http_gzip.h"

#include <gtest/gtest.h>

#include "coordinator/gzip.h"

namespace descent {
namespace {

TEST(HttpGzipTest, TextIsPackedFromAKibibyteOn) {
  EXPECT_FALSE(IsWorthPacking({200, "text/plain", std::string(1023, 'a')}));
  HttpResponse large{200, "text/plain", std::string(1024, 'a')};
  EXPECT_TRUE(IsWorthPacking(large));

  Pack(large);

  EXPECT_EQ(Gunzip(large.body).bytes, std::string(1024, 'a'));
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
