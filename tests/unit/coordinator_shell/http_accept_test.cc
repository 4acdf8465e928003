#include "coordinator/http_accept.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(HttpAcceptTest, EachItemHasItsQuality) {
  const std::vector<Accepted> all = ParseAccept("Text/HTML;level=1; q=0.5 , */*;q=0.1,gzip");

  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].value, "text/html");
  EXPECT_EQ(all[0].quality, 0.5);
  EXPECT_EQ(all[1].value, "*/*");
  EXPECT_EQ(all[1].quality, 0.1);
  EXPECT_EQ(all[2].value, "gzip");
  EXPECT_EQ(all[2].quality, 1);
}

TEST(HttpAcceptTest, AQualityThatIsNoneCountsAsNothing) {
  for (const char* header : {"gzip;q=x", "gzip;q=", "gzip;q=2", "gzip;q=-1", "gzip;q=nan"})
    EXPECT_FALSE(AcceptsGzip(header)) << header;
}

TEST(HttpAcceptTest, GzipIsTakenIfItIsNamedOrAnythingIs) {
  for (const char* header : {"gzip", "deflate, gzip;q=0.5", "GZIP", "*", "br;q=1, *;q=0.1"})
    EXPECT_TRUE(AcceptsGzip(header)) << header;
  for (const char* header : {"", ",", ";", "br", "gzip;q=0", "*;q=0", "gzip;q=0, *"})
    EXPECT_FALSE(AcceptsGzip(header)) << header;
}

// What Prometheus sends.
TEST(HttpAcceptTest, OpenMetricsIsPreferredByThoseWhoLikeItMost) {
  EXPECT_TRUE(
      PrefersOpenMetrics("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                         "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
}

TEST(HttpAcceptTest, OpenMetricsIsNotForThoseWhoDoNotNameIt) {
  for (const char* header :
       {"", "*/*", "text/plain", "text/plain,application/openmetrics-text;q=0.5"})
    EXPECT_FALSE(PrefersOpenMetrics(header)) << header;
}

}  // namespace
}  // namespace descent
