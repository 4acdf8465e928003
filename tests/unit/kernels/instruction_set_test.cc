#include "worker/kernels/instruction_set.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cstdlib>
#include <string_view>

#include "worker/kernels/kernel.h"

namespace descent {
namespace {

TEST(InstructionSetTest, AnUnknownNameIsRefused) {
  const Status status = SetInstructionSet("mmx");

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "instruction set is \"mmx\", wanted avx512_bf16, avx512, avx2 or best");
}

// A process chooses once, so each choice is made in a child, which exits with 0 if `is_right`.
void ExitWith(bool is_right) { std::exit(is_right ? 0 : 1); }
const testing::ExitedWithCode kRight(0);

TEST(InstructionSetDeathTest, TheBestOfTheMachineIsAlwaysThere) {
  const std::string_view best = InstructionSetName();

  EXPECT_EXIT(ExitWith(SetInstructionSet("best").ok() && InstructionSetName() == best), kRight, "");
}

TEST(InstructionSetDeathTest, ANarrowerSetThanTheBestCanBeChosen) {
  if (InstructionSetName() == "baseline") GTEST_SKIP() << "the machine has no AVX2";

  EXPECT_EXIT(ExitWith(SetInstructionSet("avx2").ok() && InstructionSetName() == "avx2"), kRight,
              "");
}

TEST(InstructionSetDeathTest, ASecondChoiceIsRefused) {
  if (InstructionSetName() == "baseline") GTEST_SKIP() << "the machine has nothing to choose";
  const auto choose_twice = [] {
    const bool is_first_ok = SetInstructionSet("avx2").ok();
    return is_first_ok && SetInstructionSet("avx2").code() == Code::kFailedPrecondition;
  };

  EXPECT_EXIT(ExitWith(choose_twice()), kRight, "");
}

TEST(InstructionSetDeathTest, AKernelThatIsFoundNeedNotLookForInstructionsInEveryCall) {
  const auto find_kernel = [] {
    const bool is_chosen = SetInstructionSet("best").ok();
    const bool was_settled = hwy::GetChosenTarget().IsInitialized();
    FindKernel("relu");
    return is_chosen && !was_settled && hwy::GetChosenTarget().IsInitialized();
  };

  EXPECT_EXIT(ExitWith(find_kernel()), kRight, "");
}

}  // namespace
}  // namespace descent
