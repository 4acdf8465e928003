#include "worker/collective/accumulation_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <string>
#include <vector>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using LeafPlan = AccumulationPlan::LeafPlan;

std::string SumText(const std::string& left, const std::string& right) {
  std::string text = "(";
  text.append(left).append(" ").append(right).append(")");
  return text;
}

// Performs the plan on leaves written as text: the buffers at the end.
std::vector<std::string> BuffersAfter(const AccumulationPlan& plan) {
  std::vector<std::string> buffers(static_cast<std::size_t>(plan.buffer_count));
  for (const auto& [leaf, buffer, additions_after] : plan.leaves) {
    buffers[static_cast<std::size_t>(buffer)] = std::to_string(leaf);
    for (const auto& [target, source] : additions_after) {
      std::string& sum = buffers[static_cast<std::size_t>(target)];
      sum = SumText(sum, buffers[static_cast<std::size_t>(source)]);
    }
  }
  return buffers;
}

// The same sum by its definition; empty if no leaf is present.
std::string SumOf(const CanonicalTree& tree, Subtree subtree) {
  if (subtree.size == 1) return tree.IsPresent(subtree.first) ? std::to_string(subtree.first) : "";
  const std::string left = SumOf(tree, subtree.left());
  const std::string right = SumOf(tree, subtree.right());
  if (left.empty() || right.empty()) return left + right;
  return SumText(left, right);
}

TEST(AccumulationPlanTest, FourLeavesAreAddedLikeABinaryCounter) {
  const CanonicalTree tree({true, true, true, true}, 1);

  const AccumulationPlan plan = AccumulationPlan::For(tree, 0);

  EXPECT_EQ(plan.buffer_count, 3);
  EXPECT_THAT(plan.leaves, ElementsAre(LeafPlan{0, 0, {}}, LeafPlan{1, 1, {{0, 1}}},
                                       LeafPlan{2, 1, {}}, LeafPlan{3, 2, {{1, 2}, {0, 1}}}));
}

TEST(AccumulationPlanTest, AnAbsentSiblingMovesTheOtherUpWithoutAnAddition) {
  const CanonicalTree tree({true, true, true, false}, 1);

  const AccumulationPlan plan = AccumulationPlan::For(tree, 0);

  EXPECT_THAT(plan.leaves,
              ElementsAre(LeafPlan{0, 0, {}}, LeafPlan{1, 1, {{0, 1}}}, LeafPlan{2, 1, {{0, 1}}}));
}

TEST(AccumulationPlanTest, ARankWithoutSamplesStillHasABufferForTheSum) {
  const CanonicalTree tree({true, true, false, false}, 2);

  const AccumulationPlan plan = AccumulationPlan::For(tree, 1);

  EXPECT_THAT(plan.leaves, IsEmpty());
  EXPECT_EQ(plan.buffer_count, 1);
}

TEST(AccumulationPlanTest, BuffersEndWithThePartialSumsForEveryShape) {
  for (int world_size = 1; world_size <= 8; ++world_size) {
    for (unsigned present = 1; present < 256; ++present) {
      std::vector<bool> leaf_present(8);
      for (unsigned leaf = 0; leaf < 8; ++leaf) leaf_present[leaf] = (present >> leaf) & 1;
      const CanonicalTree tree(leaf_present, world_size);
      for (int rank = 0; rank < world_size; ++rank) {
        const auto buffers = BuffersAfter(AccumulationPlan::For(tree, rank));
        const auto partial_sums = tree.PartialSumsOf(rank);
        ASSERT_LE(partial_sums.size(), buffers.size());
        for (std::size_t i = 0; i < partial_sums.size(); ++i)
          EXPECT_EQ(buffers[i], SumOf(tree, partial_sums[i]));
      }
    }
  }
}

TEST(AccumulationPlanTest, BuffersAreAtMostLogTwoOfTheRanksLeavesMoreThanThePartialSums) {
  for (int world_size = 1; world_size <= 64; ++world_size) {
    const CanonicalTree tree(std::vector<bool>(64, true), world_size);
    for (int rank = 0; rank < world_size; ++rank) {
      const AccumulationPlan plan = AccumulationPlan::For(tree, rank);
      const int log_two = std::bit_width(plan.leaves.size()) - 1;
      EXPECT_LE(plan.buffer_count, static_cast<int>(tree.PartialSumsOf(rank).size()) + log_two);
    }
  }
}

}  // namespace
}  // namespace descent
