#include "coordinator/http_pattern.h"

#include <gmock/gmock.h>

namespace descent {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(HttpPatternTest, PlacesTakeWhatStandsInThem) {
  const auto places = MatchPattern("/v1/jobs/{job}/checkpoints/{checkpoint}/files/{file}",
                                   "/v1/jobs/a/checkpoints/latest/files/model.safetensors");

  ASSERT_TRUE(places);
  EXPECT_THAT(*places, ElementsAre(Pair("checkpoint", "latest"), Pair("file", "model.safetensors"),
                                   Pair("job", "a")));
}

TEST(HttpPatternTest, AVerbFollowsAColon) {
  EXPECT_THAT(MatchPattern("/v1/jobs/{job}:cancel", "/v1/jobs/a:cancel"),
              testing::Optional(ElementsAre(Pair("job", "a"))));
  EXPECT_FALSE(MatchPattern("/v1/jobs/{job}", "/v1/jobs/a:cancel"));
  EXPECT_FALSE(MatchPattern("/v1/jobs/{job}:cancel", "/v1/jobs/a"));
}

TEST(HttpPatternTest, APlaceIsOnePartAndNeverEmpty) {
  for (const char* path : {"/v1/jobs/", "/v1/jobs//", "/v1/jobs/a/", "/v1/jobs/a/b", "/v1/jobs"})
    EXPECT_FALSE(MatchPattern("/v1/jobs/{job}", path)) << path;
}

TEST(HttpPatternTest, AStarTakesTheRest) {
  EXPECT_TRUE(MatchPattern("/assets/*", "/assets/a/b"));
  EXPECT_FALSE(MatchPattern("/assets/*", "/asset"));
}

}  // namespace
}  // namespace descent
