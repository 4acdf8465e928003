#include "worker/collective/canonical_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<bool> AllPresent(std::int64_t leaf_count) {
  return std::vector<bool>(static_cast<std::size_t>(leaf_count), true);
}

std::string TreeSumText(const std::string& left, const std::string& right) {
  std::string text = "(";
  text.append(left).append(" ").append(right).append(")");
  return text;
}

// The tree as an expression: performs the additions on the slots' leaves, written as text.
std::string ExpressionOf(const CanonicalTree& tree) {
  std::vector<std::string> slots;
  for (int rank = 0; rank < tree.world_size(); ++rank)
    for (const Subtree& subtree : tree.PartialSumsOf(rank))
      slots.push_back(std::to_string(subtree.first) + ":" + std::to_string(subtree.last()));
  for (const auto& [target, source] : tree.additions()) {
    std::string& sum = slots[static_cast<std::size_t>(target)];
    sum = TreeSumText(sum, slots[static_cast<std::size_t>(source)]);
  }
  return slots[0];
}

TEST(CanonicalTreeTest, OneRankHoldsTheWholeTreeAsOnePartialSum) {
  const CanonicalTree tree(AllPresent(8), 1);

  EXPECT_THAT(tree.PartialSumsOf(0), ElementsAre(Subtree{.first = 0, .size = 8}));
  EXPECT_THAT(tree.additions(), IsEmpty());
}

TEST(CanonicalTreeTest, APowerOfTwoRanksHaveOnePartialSumEach) {
  const CanonicalTree tree(AllPresent(8), 4);

  for (int rank = 0; rank < 4; ++rank)
    EXPECT_THAT(tree.PartialSumsOf(rank), ElementsAre(Subtree{.first = 2 * rank, .size = 2}));
  EXPECT_EQ(ExpressionOf(tree), "((0:2 2:4) (4:6 6:8))");
}

TEST(CanonicalTreeTest, ThreeRanksOnEightLeavesCutTheirRunsIntoAlignedSubtrees) {
  const CanonicalTree tree(AllPresent(8), 3);

  EXPECT_THAT(tree.PartialSumsOf(0), ElementsAre(Subtree{0, 2}, Subtree{2, 1}));
  EXPECT_THAT(tree.PartialSumsOf(1), ElementsAre(Subtree{3, 1}, Subtree{4, 2}));
  EXPECT_THAT(tree.PartialSumsOf(2), ElementsAre(Subtree{6, 2}));
  EXPECT_EQ(ExpressionOf(tree), "((0:2 (2:3 3:4)) (4:6 6:8))");
}

TEST(CanonicalTreeTest, AbsentLeavesAreSkipped) {
  const CanonicalTree tree({false, true, false, false, false, false, true, true}, 4);

  EXPECT_THAT(tree.PartialSumsOf(0), ElementsAre(Subtree{0, 2}));
  EXPECT_THAT(tree.PartialSumsOf(1), IsEmpty());
  EXPECT_THAT(tree.PartialSumsOf(2), IsEmpty());
  EXPECT_THAT(tree.PartialSumsOf(3), ElementsAre(Subtree{6, 2}));
  EXPECT_EQ(tree.FirstSlotOf(3), 1);
  EXPECT_EQ(ExpressionOf(tree), "(0:2 6:8)");
}

TEST(CanonicalTreeTest, NoRankHasMoreThanTwiceLogTwoOfVPartialSums) {
  for (int world_size = 1; world_size <= 64; ++world_size) {
    const CanonicalTree tree(AllPresent(64), world_size);
    for (int rank = 0; rank < world_size; ++rank)
      EXPECT_LE(tree.PartialSumsOf(rank).size(), 2 * 6) << rank << " of " << world_size;
  }
}

TEST(CanonicalTreeDeathTest, ATreeWithoutAnyPresentLeafIsRefused) {
  EXPECT_DEATH(CanonicalTree({false, false}, 1), "HasPresentLeaf");
}

TEST(CanonicalTreeDeathTest, ALeafCountThatIsNoPowerOfTwoIsRefused) {
  EXPECT_DEATH(CanonicalTree(AllPresent(6), 1), "has_single_bit");
}

}  // namespace
}  // namespace descent
