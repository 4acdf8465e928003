#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/job_spec.h"

namespace descent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

JobSpec FullBatchSpec() {
  JobSpec spec;
  spec.name = "full-batch";
  spec.model.architecture = MlpSpec{.hidden_sizes = {8}};
  spec.data.train.path = "/data/train";
  spec.batch.global = kAllSamples;
  spec.epochs = 10;
  spec.workers.max = 4;
  return WithDefaults(spec);
}

TEST(FullBatchTest, AStepIsAnEpoch) {
  const JobSpec spec = FullBatchSpec();
  ASSERT_THAT(ValidateJobSpec(spec), IsEmpty());
  ASSERT_THAT(ValidateAgainstTrainingSet(spec, 1001), IsEmpty());

  const BatchArithmetic arithmetic = ComputeBatchArithmetic(spec, 1001);

  EXPECT_EQ(arithmetic.steps_per_epoch, 1);
  EXPECT_EQ(arithmetic.total_steps, 10);
  EXPECT_EQ(MakeShardPlan(spec, 1001).global_batch, 1001);
  EXPECT_EQ(ShardPlanner(MakeShardPlan(spec, 1001)).StepSize(3), 1001);
}

TEST(FullBatchTest, MicroBatchesBoundTheMemory) {
  JobSpec text = FullBatchSpec();
  text.batch.micro = 0;
  text.model.architecture = GptSpec{.context_length = 512};

  EXPECT_EQ(FullBatchSpec().batch.micro, 256);
  EXPECT_EQ(WithDefaults(text).batch.micro, 4);
}

TEST(FullBatchTest, EveryLogicalWorkerWantsASample) {
  EXPECT_THAT(
      ValidateAgainstTrainingSet(FullBatchSpec(), 3),
      ElementsAre(Violation{"batch.logical_workers", "4, must be at most the 3 training samples"}));
}

TEST(FullBatchTest, ARangeOfAnySizeIsABatch) {
  JobSpec spec = FullBatchSpec();

  spec.data.train.range = IndexRange{5, 100};

  EXPECT_THAT(ValidateJobSpec(spec), IsEmpty());
}

}  // namespace
}  // namespace descent
