#include "worker/kernels/instruction_set.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

TEST(InstructionSetTest, AnUnknownNameIsRefused) {
  const Status status = SetInstructionSet("mmx");

  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_EQ(status.message(), "instruction set is \"mmx\", wanted avx512, avx2 or best");
}

TEST(InstructionSetTest, TheBestOfTheMachineIsAlwaysThere) {
  const std::string_view before = InstructionSetName();

  EXPECT_TRUE(SetInstructionSet("best").ok());

  EXPECT_EQ(InstructionSetName(), before);
}

TEST(InstructionSetTest, ANarrowerSetThanTheBestCanBeChosen) {
  if (InstructionSetName() == "baseline") GTEST_SKIP() << "the machine has no AVX2";

  EXPECT_TRUE(SetInstructionSet("avx2").ok());

  EXPECT_EQ(InstructionSetName(), "avx2");
}

}  // namespace
}  // namespace descent
