#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/numeric/plan_fixture.h"
#include "tests/support/temporary_directory.h"
#include "worker/kernels/instruction_set.h"

// What a step's bits owe to the instruction set. A process chooses one, so each set runs in a
// child.

namespace descent {
namespace {

const testing::ExitedWithCode kDone(0);

std::vector<float> Numbers(Precision precision) {
  std::vector<float> numbers;
  for (Problem problem : {LargeMlp(), LargeGpt(), LargeLlama(), LargeConvnet()}) {
    problem.model.precision = precision;
    for (const PlanKind kind : {PlanKind::kTrainWrite, PlanKind::kPredict}) {
      const Outcome outcome = CompiledProblem(problem, kind).Run();
      for (const auto* part : {&outcome.losses, &outcome.gradients, &outcome.logits})
        numbers.insert(numbers.end(), part->begin(), part->end());
    }
  }
  return numbers;
}

[[noreturn]] void WriteNumbers(const char* set, Precision precision,
                               const std::filesystem::path& path) {
  if (!SetInstructionSet(set).ok()) std::exit(1);
  const std::vector<float> numbers = Numbers(precision);
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) std::exit(2);
  const bool is_written =
      std::fwrite(numbers.data(), sizeof(float), numbers.size(), file) == numbers.size();
  std::exit(std::fclose(file) == 0 && is_written ? 0 : 3);
}

class InstructionSetBitsDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (InstructionSetName() != "avx512_bf16")
      GTEST_SKIP() << "the machine has no products of bf16 operands";
  }

  // The bits of training and predicting with that set.
  std::string BitsOf(const char* set, Precision precision) {
    const std::filesystem::path path = directory_.path() / set;
    EXPECT_EXIT(WriteNumbers(set, precision, path), kDone, "");
    const Result<std::string> bits = ReadFile(path);
    EXPECT_TRUE(bits.ok());
    return bits.ok() ? bits.value() : "";
  }

 private:
  TemporaryDirectory directory_;
};

// So a job in f32 may go on on a machine with or without them.
TEST_F(InstructionSetBitsDeathTest, AModelInF32HasTheSameBitsWithAndWithoutBFloat16Products) {
  EXPECT_EQ(BitsOf("avx512_bf16", Precision::kFloat32), BitsOf("avx512", Precision::kFloat32));
}

// Which is why they are a set of their own.
TEST_F(InstructionSetBitsDeathTest, BFloat16ProductsHaveOtherBitsThanWidenedOnes) {
  EXPECT_NE(BitsOf("avx512_bf16", Precision::kBFloat16), BitsOf("avx512", Precision::kBFloat16));
}

}  // namespace
}  // namespace descent
