#include "worker/train/evaluator.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "common/aligned_buffer.h"
#include "tests/support/blob_dataset.h"
#include "tests/support/temporary_directory.h"
#include "worker/collective/in_process_collective.h"
#include "worker/data/ignore_labels.h"
#include "worker/data/load_datasets.h"
#include "worker/data/sample_buffer.h"

namespace descent {
namespace {

// A network with its initial parameters on 601 samples of seven classes: three blocks, of which the
// last is short.
class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    BlobDataset{.samples = 601, .side = 8, .classes = 7}.Write(directory_.path() / "train");
    spec_.model.architecture = MlpSpec{.hidden_sizes = {12}};
    spec_.data.train.path = directory_.path() / "train";
    datasets_ = LoadDatasets(spec_).value();
  }

  const Dataset& dataset() const { return *datasets_.train; }

  // Of every rank.
  std::vector<EvaluationValues> EvaluateOn(int world_size) {
    InProcessGroup group(world_size);
    std::vector<EvaluationValues> values(static_cast<std::size_t>(world_size));
    std::vector<std::thread> ranks;
    for (int rank = 0; rank < world_size; ++rank)
      ranks.emplace_back([&, rank] {
        ThreadPool pool(1);
        PlanCache plans = PlanCache::Create(spec_.model, dataset().format(), pool).value();
        AlignedBuffer parameters(plans.layout().element_count);
        plans.InitializeParameters(/*seed=*/3, parameters.span());
        const auto collective = MakeInProcessCollective(group, rank);
        values[static_cast<std::size_t>(rank)] =
            Evaluate(dataset(), parameters.span(), plans, *collective).value();
      });
    for (std::thread& rank : ranks) rank.join();
    return values;
  }

  // Share of the samples whose label is among the `count` largest logits, one sample at a time.
  double ShareAmongLargest(std::size_t count) {
    ThreadPool pool(1);
    PlanCache plans = PlanCache::Create(spec_.model, dataset().format(), pool).value();
    AlignedBuffer parameters(plans.layout().element_count);
    plans.InitializeParameters(/*seed=*/3, parameters.span());
    Plan& plan = *plans.PlanFor(PlanKind::kPredict, 1).value();
    SampleBuffer buffer(dataset().format(), 1);
    std::int64_t found = 0;
    for (std::int64_t sample = 0; sample < dataset().sample_count(); ++sample) {
      buffer.Fill(dataset(), std::span(&sample, 1));
      std::vector<float> logits(7);
      plan.Run({.features = buffer.features(),
                .tokens = {},
                .labels = {},
                .parameters = parameters.span(),
                .gradients = {},
                .losses = {},
                .correct = {},
                .logits = logits,
                .on_bucket_ready = {}});
      const float own = logits[static_cast<std::size_t>(buffer.labels()[0])];
      std::size_t larger = 0;
      for (const float logit : logits) larger += logit > own ? 1 : 0;
      found += larger < count ? 1 : 0;
    }
    return static_cast<double>(found) / static_cast<double>(dataset().sample_count());
  }

  TemporaryDirectory directory_;
  JobSpec spec_;
  Datasets datasets_;
};

TEST_F(EvaluatorTest, EveryRankOfEveryWorldGetsTheSameBits) {
  const EvaluationValues alone = EvaluateOn(1)[0];

  for (const int world_size : {2, 3, 5})
    for (const EvaluationValues& values : EvaluateOn(world_size))
      EXPECT_EQ(values, alone) << world_size << " workers";
}

TEST_F(EvaluatorTest, AccuraciesCountEachSampleOnce) {
  const EvaluationValues values = EvaluateOn(2)[0];

  EXPECT_EQ(values.at(EvaluationMetric::kAccuracy), ShareAmongLargest(1));
  EXPECT_EQ(values.at(EvaluationMetric::kTopFiveAccuracy), ShareAmongLargest(5));
  EXPECT_LT(values.at(EvaluationMetric::kTopFiveAccuracy), 1.0);
}

// Each of the seven classes is left out once, so each sample counts in six of the evaluations.
TEST_F(EvaluatorTest, MeansAreOverTheLabelsThatCount) {
  const EvaluationValues all = EvaluateOn(1)[0];
  std::map<EvaluationMetric, double> sums;
  for (std::int64_t ignored = 0; ignored < 7; ++ignored) {
    datasets_.train = std::make_unique<IgnoringDataset>(LoadDatasets(spec_).value().train,
                                                        static_cast<std::int32_t>(ignored));
    const double counted = 601 - (ignored < 6 ? 86 : 85);
    const EvaluationValues values = EvaluateOn(2)[0];
    for (const auto& [metric, value] : values) sums[metric] += counted * value;
  }

  for (const auto& [metric, value] : all)
    EXPECT_NEAR(sums[metric], 6 * 601 * value, 1e-9 * 3606) << MetricName(metric);
}

TEST_F(EvaluatorTest, TopFiveIsMeasuredWhereThereAreMoreClasses) {
  SampleFormat format = dataset().format();
  EXPECT_EQ(MetricsOf(format).back(), EvaluationMetric::kTopFiveAccuracy);

  format.class_count = 5;

  EXPECT_EQ(MetricsOf(format).back(), EvaluationMetric::kAccuracy);
}

TEST_F(EvaluatorTest, AMetricOfOtherDataIsRefused) {
  spec_.early_stopping = EarlyStoppingSpec{.metric = EvaluationMetric::kPerplexity, .patience = 1};

  EXPECT_EQ(CheckMetrics(spec_, dataset().format()).message(),
            "early_stopping.metric: perplexity, must be one that these data have: loss, accuracy, "
            "top5_accuracy");
}

}  // namespace
}  // namespace descent
