#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "common/file.h"
#include "tests/support/golden_path.h"
#include "worker/checkpoint/model_description.h"
#include "worker/kernels/thread_pool.h"
#include "worker/models/model.h"
#include "worker/optim/adam.h"
#include "worker/optim/arena_update.h"
#include "worker/plan/plan.h"

// Replays what make_image_golden.py recorded: the same parameters, images and optimizer must follow
// PyTorch for ten steps, and so must the running statistics.

namespace descent {
namespace {

using json = nlohmann::ordered_json;

// The forward pass rounds a few dozen sums of order one; parameters drift apart by rounding alone.
constexpr double kLossTolerance = 1e-5;  // relative
// Sums over a batch cancel, so their error is relative to the largest gradient of a tensor.
constexpr double kGradientTolerance = 1e-4;
// AdamW divides by the gradient's size: where that is near zero, rounding decides the direction.
constexpr double kNormTolerance = 1e-4;  // relative
// Evaluation adds what ten steps have drifted, relative to the largest logit.
constexpr double kLogitTolerance = 1e-3;

json ReadGolden() { return json::parse(ReadFile(GoldenPath("golden_image.json")).value()); }

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

// `drawn` of the script.
std::vector<double> Drawn(const std::string& name, std::int64_t count) {
  double phase = 0;
  for (const char c : name) phase += static_cast<unsigned char>(c);
  std::vector<double> values;
  for (std::int64_t i = 1; i <= count; ++i) {
    const double wild = std::sin(12.9898 * static_cast<double>(i) + phase) * 43758.5453;
    values.push_back(2 * (wild - std::floor(wild)) - 1);
  }
  return values;
}

// `start` of the script, of one tensor.
std::vector<double> StartOf(const ParameterSlot& slot) {
  std::vector<double> values = Drawn(slot.name, slot.size);
  const double inputs = static_cast<double>(slot.size) / static_cast<double>(slot.shape[0]);
  const double gain = slot.name.ends_with("weight") ? 1 : 0;
  for (double& value : values)
    value = slot.shape.size() > 1 ? value * std::sqrt(6 / inputs) : 0.25 * value + gain;
  return values;
}

// A recorded run, being replayed.
class Replay {
 public:
  Replay(const json& golden, const json& run)
      : rows_(golden["rows"]),
        description_(DecodeModelDescription(run["description"].dump(2) + "\n").value()),
        labels_(run["labels"]),
        model_(BuildModel(description_.model, description_.format, golden["rows"]).value()),
        layout_(MakeParameterLayout(model_)),
        pool_(1),
        update_(MakeUpdate(golden["adamw"], layout_)),
        learning_rate_(run["lr"]),
        parameters_(static_cast<std::size_t>(layout_.element_count)),
        gradients_(parameters_.size()),
        mean_(parameters_.size()),
        variance_(parameters_.size()) {
    InitializeParameters(model_, layout_, /*seed=*/0, parameters_);
    for (const ParameterSlot& slot : layout_.slots) {
      if (slot.momentum) continue;  // statistics start as the model says
      std::ranges::copy(StartOf(slot), parameters_.begin() + slot.offset);
    }
    const std::int64_t features =
        static_cast<std::int64_t>(rows_) * description_.format.feature_count;
    for (const double value : Drawn("images", features))
      features_.push_back(static_cast<float>(2 * value));
    plan_ = Plan::Compile(model_, layout_, PlanKind::kTrainWrite, pool_).value();
  }

  // One step; its mean loss.
  double Step() {
    std::vector<float> losses(rows_), correct(rows_);
    plan_->Run({.features = features_,
                .tokens = {},
                .labels = labels_,
                .parameters = parameters_,
                .gradients = gradients_,
                .losses = losses,
                .correct = correct,
                .on_bucket_ready = {}});
    const double samples = static_cast<double>(rows_);
    const StateArenas state{.weights = parameters_, .moments = {mean_, variance_}};
    const UpdateStep step = {.number = ++steps_,
                             .learning_rate = learning_rate_,
                             .grad_scale = 1 / samples,
                             .mean_scale = 1 / samples};
    update_.UpdateRange(step, {0, layout_.element_count}, gradients_, state, state);
    return std::accumulate(losses.begin(), losses.end(), 0.0) / samples;
  }

  std::vector<float> Logits() {
    const auto plan = Plan::Compile(model_, layout_, PlanKind::kPredict, pool_).value();
    std::vector<float> logits(rows_ * static_cast<std::size_t>(description_.format.class_count));
    plan->Run({.features = features_,
               .tokens = {},
               .labels = {},
               .parameters = parameters_,
               .gradients = {},
               .losses = {},
               .correct = {},
               .logits = logits,
               .on_bucket_ready = {}});
    return logits;
  }

  void ExpectGradients(const json& wanted) const {
    for (const ParameterSlot& slot : layout_.slots) {
      if (slot.momentum) continue;
      const std::vector<double> first = wanted[slot.name]["first"];
      const double largest = wanted[slot.name]["largest"];
      for (std::size_t i = 0; i < first.size(); ++i) {
        ASSERT_NEAR(PartOf(gradients_, slot)[i] / static_cast<double>(rows_), first[i],
                    kGradientTolerance * largest)
            << slot.name << " element " << i;
      }
    }
  }

  // Of parameters and running statistics.
  void ExpectNorms(const json& wanted) const {
    ASSERT_EQ(wanted.size(), layout_.slots.size());
    for (const ParameterSlot& slot : layout_.slots) {
      const double norm = wanted[slot.name];
      EXPECT_NEAR(Norm(PartOf(parameters_, slot)), norm, kNormTolerance * norm) << slot.name;
    }
  }

 private:
  static ArenaUpdate MakeUpdate(const json& adamw, const ParameterLayout& layout) {
    const AdamOptions options = {
        .beta1 = adamw["betas"][0], .beta2 = adamw["betas"][1], .epsilon = adamw["eps"]};
    const UpdateRule learned = {.weight_decay = adamw["weight_decay"]};
    std::vector<RuledRange> rules = {{{0, layout.statistics.first}, learned}};
    for (const ParameterSlot& slot : layout.slots) {
      if (!slot.momentum) continue;
      rules.back().range.last = slot.offset;
      rules.push_back({{slot.offset, layout.element_count},
                       {.kind = UpdateRule::Kind::kRunningAverage, .momentum = *slot.momentum}});
    }
    return ArenaUpdate(std::make_unique<Adam>(options), rules);
  }

  static std::span<const float> PartOf(const std::vector<float>& arena, const ParameterSlot& slot) {
    return std::span(arena).subspan(static_cast<std::size_t>(slot.offset),
                                    static_cast<std::size_t>(slot.size));
  }

  const std::size_t rows_;
  const ModelDescription description_;
  std::vector<float> features_;
  const std::vector<std::int32_t> labels_;
  const Graph model_;
  const ParameterLayout layout_;
  ThreadPool pool_;
  std::unique_ptr<Plan> plan_;
  const ArenaUpdate update_;
  const double learning_rate_;
  std::vector<float> parameters_;
  std::vector<float> gradients_;
  std::vector<float> mean_;
  std::vector<float> variance_;
  std::int64_t steps_ = 0;
};

class ImageGoldenTest : public testing::TestWithParam<std::size_t> {
 protected:
  const json golden_ = ReadGolden();
  const json run_ = golden_["runs"][GetParam()];
};

TEST_P(ImageGoldenTest, TheFirstGradientsAreThoseOfPyTorch) {
  Replay replay(golden_, run_);

  replay.Step();

  replay.ExpectGradients(run_["gradients"]);
}

TEST_P(ImageGoldenTest, TenStepsOfAdamWFollowPyTorch) {
  Replay replay(golden_, run_);
  ASSERT_EQ(run_["losses"].size(), 10u);

  for (std::size_t step = 0; step < 10; ++step) {
    const double wanted = run_["losses"][step];

    EXPECT_NEAR(replay.Step(), wanted, kLossTolerance * wanted) << "step " << step;
    if (step == 0) replay.ExpectNorms(run_["norms"]["first"]);
    if (step == 9) replay.ExpectNorms(run_["norms"]["last"]);
  }
}

TEST_P(ImageGoldenTest, EvaluationReadsTheRunningStatisticsAsPyTorchDoes) {
  Replay replay(golden_, run_);
  const std::vector<double> wanted = run_["logits"];
  double largest = 0;
  for (const double logit : wanted) largest = std::max(largest, std::abs(logit));

  for (std::size_t step = 0; step < 10; ++step) replay.Step();

  const std::vector<float> found = replay.Logits();
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    EXPECT_NEAR(found[i], wanted[i], kLogitTolerance * largest) << "logit " << i;
}

INSTANTIATE_TEST_SUITE_P(Models, ImageGoldenTest, testing::Values(0, 1, 2, 3), [](const auto& run) {
  return std::string(ReadGolden()["runs"][run.param]["name"]);
});

}  // namespace
}  // namespace descent
