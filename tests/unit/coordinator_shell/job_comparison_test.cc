#include "coordinator/job_comparison.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

v1::JobSpec SpecWith(double lr, std::int64_t seed) {
  v1::JobSpec spec;
  spec.set_name("job-" + std::to_string(seed));
  spec.set_seed(seed);
  spec.mutable_optimizer()->mutable_adamw()->set_lr(lr);
  return spec;
}

TEST(JobComparisonTest, OnlyFieldsThatDifferAreNamed) {
  const auto found = CompareSpecs({SpecWith(0.25, 1), SpecWith(0.5, 1)});

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field, "optimizer.adamw.lr");
  EXPECT_EQ(found[0].values, (std::vector<std::string>{"0.25", "0.5"}));
}

TEST(JobComparisonTest, AFieldThatOneLacksHasNoValueThere) {
  v1::JobSpec with = SpecWith(0.25, 1);
  with.mutable_optimizer()->set_clip_norm(1.0);

  const auto found = CompareSpecs({SpecWith(0.25, 1), with});

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].values[0], "");
  EXPECT_NE(found[0].values[1], "");
}

TEST(JobComparisonTest, ElementsOfAListAreComparedOneByOne) {
  v1::JobSpec narrow, wide;
  for (v1::JobSpec* spec : {&narrow, &wide})
    spec->mutable_model()->mutable_mlp()->add_hidden_sizes(spec == &wide ? 512 : 256);

  const auto found = CompareSpecs({narrow, wide});

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].field, "model.mlp.hidden_sizes");
}

}  // namespace
}  // namespace descent
