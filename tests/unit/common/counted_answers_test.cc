#include "common/counted_answers.h"

#include <gtest/gtest.h>

#include <vector>

namespace descent {
namespace {

TEST(CountedAnswersTest, EveryLabelOfASampleIsAnAnswer) {
  const SampleFormat text = {.token_count = 8, .label_count = 8, .class_count = 3};

  EXPECT_EQ(CountedSamples(CountAnswers(std::vector<std::int32_t>(24), 3), text), 3);
  EXPECT_EQ(CountedSamples(20, text), 2.5);
}

TEST(CountedAnswersTest, NumbersToPredictAreOneAnswer) {
  const SampleFormat numbers = {.feature_count = 2, .label_count = 0, .target_count = 5};

  EXPECT_EQ(CountedSamples(CountAnswers({}, 7), numbers), 7);
}

TEST(CountedAnswersTest, LabelsThatAreIgnoredDoNotCount) {
  const std::vector<std::int32_t> labels = {0, kIgnoredLabel, 2, kIgnoredLabel, 1, 0};

  EXPECT_EQ(CountAnswers(labels, 3), 4);
}

}  // namespace
}  // namespace descent
