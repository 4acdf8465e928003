#include "common/edit_distance.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(EditDistanceTest, CountsWhatIsInsertedRemovedOrReplaced) {
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("abc", "abc"), 0u);
}

}  // namespace
}  // namespace descent
