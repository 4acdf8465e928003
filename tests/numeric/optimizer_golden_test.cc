#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "common/file.h"
#include "proto/job_file.h"
#include "tests/support/golden_path.h"
#include "worker/collective/in_process_collective.h"
#include "worker/kernels/thread_pool.h"
#include "worker/optim/clip.h"
#include "worker/train/plan_cache.h"
#include "worker/train/train_state.h"

// Replays what make_optimizer_golden.py recorded: under the job file's words for an optimizer, the
// same parameters and samples must follow PyTorch's for ten steps.

namespace descent {
namespace {

using nlohmann::json;

// Of engine.md: the forward pass rounds a few dozen sums of order one, and parameters drift apart
// by rounding alone.
constexpr double kLossTolerance = 1e-5;  // relative
constexpr double kNormTolerance = 1e-4;  // relative

const json& Golden() {
  static const json golden = json::parse(ReadFile(GoldenPath("golden_optimizer.json")).value());
  return golden;
}

JobSpec SpecOf(const json& run) {
  const std::vector<std::int64_t> sizes = Golden()["sizes"];
  const JobFile file =
      ReadJobFile("name: golden\ndata: {train: {path: /none}}\nbatch: {global: 8}\nsteps: 10\n",
                  {"model.mlp.hidden_sizes=[" + std::to_string(sizes[1]) + ", " +
                       std::to_string(sizes[2]) + "]",
                   "optimizer=" + run["optimizer"].get<std::string>(),
                   "ema.decay=" + Golden()["average_decay"].dump()});
  EXPECT_TRUE(file.problems.empty())
      << FormatProblems(file.problems, run["name"].get<std::string>());
  return file.spec;
}

class Replay {
 public:
  explicit Replay(const json& run)
      : spec_(SpecOf(run)),
        features_(Golden()["features"].get<std::vector<float>>()),
        labels_(Golden()["labels"].get<std::vector<std::int32_t>>()),
        pool_(1),
        plans_(PlanCache::Create(spec_.model,
                                 {.feature_count = Golden()["sizes"].front(),
                                  .class_count = Golden()["sizes"].back()},
                                 pool_)
                   .value()),
        gradients_(static_cast<std::size_t>(plans_.layout().element_count)),
        group_(1),
        collective_(MakeInProcessCollective(group_, 0)),
        state_(TrainState::Create({.layout = plans_.layout(),
                                   .optimizer = spec_.optimizer,
                                   .ema = spec_.ema,
                                   .collective = *collective_})
                   .value()) {
    std::vector<float> parameters(gradients_.size());
    for (const ParameterSlot& slot : plans_.layout().slots) {
      const std::vector<float> values = Golden()["parameters"][slot.name];
      std::ranges::copy(values, parameters.begin() + slot.offset);
    }
    EXPECT_TRUE(state_.Start(parameters).ok());
  }

  // One step; its mean loss.
  double Step() {
    std::vector<float> losses(labels_.size()), correct(labels_.size());
    const auto samples = static_cast<double>(labels_.size());
    plans_.PlanFor(PlanKind::kTrainWrite, std::ssize(labels_))
        .value()
        ->Run({.features = features_,
               .tokens = {},
               .labels = labels_,
               .parameters = state_.parameters(),
               .gradients = gradients_,
               .losses = losses,
               .correct = correct,
               .logits = {},
               .on_bucket_ready = {}});
    const OptimizerSpec& optimizer = spec_.optimizer;
    const double scale = ClipFactor(GradientNorm() / samples, optimizer.clip_norm) / samples;
    const double limit =
        optimizer.clip_value > 0 ? optimizer.clip_value : std::numeric_limits<double>::infinity();
    const UpdateStep step = state_.BeginUpdate(LearningRateOf(optimizer), scale, limit);
    state_.UpdateRange(step, {0, std::ssize(gradients_)}, gradients_);
    EXPECT_TRUE(state_.FinishUpdate().ok());
    return std::accumulate(losses.begin(), losses.end(), 0.0) / samples;
  }

  void ExpectNorms(const json& parameters, const json& averages) const {
    for (const ParameterSlot& slot : plans_.layout().slots) {
      const double weight_norm = NormOf(state_.parameters(), slot);
      const double average_norm = NormOf(state_.evaluated_parameters(), slot);
      const double wanted = parameters[slot.name];
      const double average_wanted = averages[slot.name];
      EXPECT_NEAR(weight_norm, wanted, kNormTolerance * wanted) << slot.name;
      EXPECT_NEAR(average_norm, average_wanted, kNormTolerance * average_wanted) << slot.name;
    }
  }

 private:
  double GradientNorm() const {
    const std::int64_t size = std::ssize(gradients_);
    std::vector<double> sums(static_cast<std::size_t>(NormBlockCount(size)));
    SumSquaresOfBlocks(gradients_, {0, size}, state_.norm_ranges(), sums);
    return NormOfBlocks(sums);
  }

  static double NormOf(std::span<const float> arena, const ParameterSlot& slot) {
    double sum = 0;
    for (const float value :
         arena.subspan(static_cast<std::size_t>(slot.offset), static_cast<std::size_t>(slot.size)))
      sum += double{value} * value;
    return std::sqrt(sum);
  }

  const JobSpec spec_;
  const std::vector<float> features_;
  const std::vector<std::int32_t> labels_;
  ThreadPool pool_;
  PlanCache plans_;
  std::vector<float> gradients_;
  InProcessGroup group_;
  const std::unique_ptr<Collective> collective_;
  TrainState state_;
};

class OptimizerGoldenTest : public testing::TestWithParam<std::size_t> {};

TEST_P(OptimizerGoldenTest, TenStepsFollowPyTorch) {
  const json& run = Golden()["runs"][GetParam()];
  Replay replay(run);
  ASSERT_EQ(run["losses"].size(), 10u);

  for (std::size_t step = 0; step < 10; ++step) {
    const double wanted = run["losses"][step];

    EXPECT_NEAR(replay.Step(), wanted, kLossTolerance * wanted) << "step " << step;
    replay.ExpectNorms(run["parameter_norms"][step], run["average_norms"][step]);
  }
}

INSTANTIATE_TEST_SUITE_P(Optimizers, OptimizerGoldenTest,
                         testing::Range(std::size_t{0}, Golden()["runs"].size()),
                         [](const auto& run) {
                           return Golden()["runs"][run.param]["name"].template get<std::string>();
                         });

}  // namespace
}  // namespace descent
