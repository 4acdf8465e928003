#include "client/render/explanation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace descent {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kExplanation[] = R"json({
  "workers": 2, "threads": 1, "train_samples": 1000, "parameter_count": 1234,
  "parameters": [{"name": "layers.*.weight", "shape": [30, 40], "tensors": 1, "elements": 1200}],
  "memory": {"parameters": 5000, "optimizer": 10000, "gradients": 15000, "gradient_buffers": 3,
             "training_activations": 2000000, "evaluation_activations": 8, "checkpoint": 0, "total": 2030008},
  "plans": [{"name": "training", "samples": 25, "flops": 3e9, "bytes": 4e6,
             "activation_bytes": 2000000, "seconds": 0.004,
             "steps": [{"op": "relu", "text": "y[2] = relu(x)", "flops": 0, "bytes": 1e6,
                        "seconds": 0.001},
                       {"op": "matmul", "text": "z[2] = matmul(y, w)", "flops": 3e9, "bytes": 3e6,
                        "seconds": 0.003}]}],
  "buckets": [{"bytes": 5000, "ready_after": 1}],
  "exchanged_bytes": 5000,
  "step_seconds": {"plans": 0.008, "additions": 0.001, "exchange": 0, "update": 0.001,
                   "total": 0.01},
  "rates": {"matrix_flops": 1e11, "element_flops": 1e9, "cache_bytes": 8e10,
            "memory_bytes": 1e10, "step_seconds": 1e-6}})json";

JobSpec Spec() {
  JobSpec spec;
  spec.batch = {.global = 100, .micro = 25, .logical_workers = 4};
  spec.epochs = 2;
  return spec;
}

std::string Text(ExplainedSteps steps) {
  return ExplanationText(kExplanation, Spec(), steps).value();
}

TEST(ExplanationTextTest, BeginsWithTheBatchArithmetic) {
  EXPECT_THAT(Text(ExplainedSteps::kByOp),
              testing::StartsWith("global batch 100 = 4 logical workers x 25 x 1 accumulation; "
                                  "10 steps/epoch, 20 steps\n"));
}

TEST(ExplanationTextTest, NamesParametersMemoryPlansAndBuckets) {
  const std::string text = Text(ExplainedSteps::kByOp);

  EXPECT_THAT(text, HasSubstr("1,234 parameters in 1 tensor\n"));
  EXPECT_THAT(text, HasSubstr("layers.*.weight  1        [30, 40]  1,200\n"));
  EXPECT_THAT(text, HasSubstr("memory of a worker: 2.0 MB\n"));
  EXPECT_THAT(text, HasSubstr("3 buffers of the tree"));
  EXPECT_THAT(text, HasSubstr("training plan of 25 samples: 2 steps, 3.0G FLOP, 4.0 MB moved, "
                              "2.0 MB of activations, predicted 4.000 ms\n"));
  EXPECT_THAT(text, HasSubstr("1 bucket of gradients"));
}

TEST(ExplanationTextTest, ThePredictionNamesWhatItIsMadeOf) {
  const std::string text = Text(ExplainedSteps::kByOp);

  EXPECT_THAT(text, HasSubstr("predicted step: 10.000 ms, 10.0k samples/s, with 2 workers of 1 "
                              "thread\n"));
  EXPECT_THAT(text, HasSubstr("100.0G FLOP/s"));
}

TEST(ExplanationTextTest, SaysWhereTheNumberOfWorkersChangesRounding) {
  JobSpec fastest = Spec();
  fastest.reduction = ReductionKind::kFastest;

  EXPECT_THAT(ExplanationText(kExplanation, fastest, ExplainedSteps::kByOp).value(),
              HasSubstr("The number of workers changes rounding"));
  EXPECT_THAT(Text(ExplainedSteps::kByOp), Not(HasSubstr("rounding")));
}

TEST(ExplanationTextTest, TheDearestOpComesFirst) {
  const std::string text = Text(ExplainedSteps::kByOp);

  EXPECT_LT(text.find("matmul"), text.find("relu"));
  EXPECT_THAT(text, HasSubstr("75.0 %"));
  EXPECT_THAT(text, Not(HasSubstr("y[2] = relu(x)")));
}

TEST(ExplanationTextTest, EveryStepIsListedIfSoWanted) {
  EXPECT_THAT(Text(ExplainedSteps::kAll), HasSubstr("y[2] = relu(x)"));
}

TEST(ExplanationTextTest, WhatIsNoExplanationIsAnInternalError) {
  for (const char* json : {"", "{}", "[1", "{\"workers\": 1}"})
    EXPECT_EQ(ExplanationText(json, Spec(), ExplainedSteps::kByOp).status().code(), Code::kInternal)
        << json;
}

}  // namespace
}  // namespace descent
