#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "worker/collective/accumulation_plan.h"
#include "worker/collective/add_elements.h"
#include "worker/collective/collective.h"

// What the conformance tests of a Collective compare with: leaves whose values depend on the leaf
// and the element alone, and their sum by the definition of the canonical tree.
namespace descent {

namespace conformance {

using Values = std::vector<float>;

// A number that depends on the leaf and the element alone, over five decades, with either sign, and
// now and then a zero of either sign.
inline float LeafValue(std::int64_t leaf, std::size_t element) {
  std::uint64_t bits = static_cast<std::uint64_t>(leaf + 1) * 0x9e3779b97f4a7c15u +
                       (element + 1) * 0xbf58476d1ce4e5b9u;
  bits = (bits ^ (bits >> 31)) * 0x94d049bb133111ebu;
  bits ^= bits >> 29;
  const float sign = bits & 1 ? -1.0f : 1.0f;
  if (bits % 7 == 0) return sign * 0.0f;
  const float mantissa = static_cast<float>(bits >> 40) * 0x1p-24f;
  return sign * std::ldexp(1.0f + mantissa, static_cast<int>((bits >> 8) % 17) - 8);
}

inline Values LeafValues(std::int64_t leaf, std::size_t size) {
  Values values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = LeafValue(leaf, i);
  return values;
}

// Which leaves of V are present: all, or a pattern that leaves out whole subtrees and whole ranks.
enum class Presence { kAll, kEveryThird, kFirstQuarter, kLastOnly };
inline constexpr Presence kPresences[] = {Presence::kAll, Presence::kEveryThird,
                                          Presence::kFirstQuarter, Presence::kLastOnly};

inline std::vector<bool> MakePresence(Presence presence, std::int64_t leaf_count) {
  std::vector<bool> present;
  for (std::int64_t leaf = 0; leaf < leaf_count; ++leaf) switch (presence) {
      case Presence::kAll:
        present.push_back(true);
        break;
      case Presence::kEveryThird:
        present.push_back(leaf % 3 == 0);
        break;
      case Presence::kFirstQuarter:
        present.push_back(leaf == 0 || leaf < leaf_count / 4);
        break;
      case Presence::kLastOnly:
        present.push_back(leaf == leaf_count - 1);
        break;
    }
  return present;
}

// The sum by its definition, for one element; nothing if no leaf is present.
template <typename LeafFunction>
std::optional<float> TreeSum(const CanonicalTree& tree, Subtree subtree, LeafFunction leaf_value) {
  if (subtree.size == 1) {
    if (!tree.IsPresent(subtree.first)) return std::nullopt;
    return leaf_value(subtree.first);
  }
  const std::optional<float> left = TreeSum(tree, subtree.left(), leaf_value);
  const std::optional<float> right = TreeSum(tree, subtree.right(), leaf_value);
  if (left && right) return *left + *right;
  return left ? left : right;
}

inline float ExpectedSum(const CanonicalTree& tree, std::size_t element) {
  return *TreeSum(tree, {.first = 0, .size = tree.leaf_count()},
                  [&](std::int64_t leaf) { return LeafValue(leaf, element); });
}

// A rank's partial sums, added up as the training loop does it.
inline std::vector<Values> AccumulateLeaves(const CanonicalTree& tree, int rank, std::size_t size) {
  const AccumulationPlan plan = AccumulationPlan::For(tree, rank);
  std::vector<Values> buffers(static_cast<std::size_t>(plan.buffer_count), Values(size));
  for (const AccumulationPlan::LeafPlan& leaf : plan.leaves) {
    buffers[static_cast<std::size_t>(leaf.buffer)] = LeafValues(leaf.leaf, size);
    for (const auto& [target, source] : leaf.additions_after) {
      Values& sum = buffers[static_cast<std::size_t>(target)];
      AddElements(sum, buffers[static_cast<std::size_t>(source)], sum);
    }
  }
  return buffers;
}

inline std::vector<const float*> PartialSumPointers(const CanonicalTree& tree, int rank,
                                                    const std::vector<Values>& buffers) {
  std::vector<const float*> pointers;
  for (std::size_t i = 0; i < tree.PartialSumsOf(rank).size(); ++i)
    pointers.push_back(buffers[i].data());
  return pointers;
}

inline Values ReduceLeaves(Collective& collective, const CanonicalTree& tree, std::size_t size) {
  const std::vector<Values> buffers = AccumulateLeaves(tree, collective.rank(), size);
  Values sum(size, std::numeric_limits<float>::quiet_NaN());
  const Status status = collective.AllReduce(
      tree, PartialSumPointers(tree, collective.rank(), buffers), SumTarget::To(sum));
  EXPECT_TRUE(status.ok()) << status;
  return sum;
}

// The number of elements whose bits differ from the tree's sum.
inline int CountWrong(const CanonicalTree& tree, const Values& sum) {
  int wrong = 0;
  for (std::size_t i = 0; i < sum.size(); ++i)
    if (std::bit_cast<std::uint32_t>(sum[i]) != std::bit_cast<std::uint32_t>(ExpectedSum(tree, i)))
      ++wrong;
  return wrong;
}

}  // namespace conformance

}  // namespace descent
