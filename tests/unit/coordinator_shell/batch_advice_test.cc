#include "coordinator/batch_advice.h"

#include <gtest/gtest.h>

namespace descent {
namespace {

std::string AdviceFor(std::int64_t batch, double noise_scale) {
  Job job;
  job.spec.batch.global = batch;
  job.gradient_noise = {.mean = {.signal = 1, .noise = noise_scale}, .steps = 100};
  return BatchAdvice(job);
}

TEST(BatchAdviceTest, IsSilentWhileTheNoiseScaleIsNotKnown) { EXPECT_EQ(BatchAdvice(Job()), ""); }

TEST(BatchAdviceTest, ASmallBatchMayGrow) {
  EXPECT_EQ(AdviceFor(64, 1234),
            "the gradient noise scale is about 1200 samples: a larger batch than 64 would learn "
            "nearly as much from each sample, in fewer steps");
}

TEST(BatchAdviceTest, ALargeBatchWastesSamples) {
  EXPECT_EQ(AdviceFor(4096, 97.6),
            "the gradient noise scale is about 98 samples: a smaller batch than 4096 would learn "
            "more from each sample, in more and shorter steps");
}

TEST(BatchAdviceTest, ABatchNearTheNoiseScaleIsFair) {
  EXPECT_EQ(AdviceFor(256, 200),
            "the gradient noise scale is about 200 samples: the batch of 256 is a fair choice "
            "between samples and steps");
}

TEST(BatchAdviceTest, AFullBatchHasTheSizeOfItsTrainingSet) {
  Job job;
  job.spec.batch.global = kAllSamples;
  job.train_samples = 50000;
  job.gradient_noise = {.mean = {.signal = 1, .noise = 100}, .steps = 100};

  EXPECT_EQ(BatchAdvice(job),
            "the gradient noise scale is about 100 samples: a smaller batch than 50000 would learn "
            "more from each sample, in more and shorter steps");
}

TEST(BatchAdviceTest, LessThanASampleIsSaidSo) {
  EXPECT_EQ(AdviceFor(8, 0.25).substr(0, 50), "the gradient noise scale is less than 1 sample: a ");
}

}  // namespace
}  // namespace descent
