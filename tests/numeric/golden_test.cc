#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "common/counted_answers.h"
#include "common/file.h"
#include "common/job_spec_loss.h"
#include "tests/support/golden_path.h"
#include "worker/kernels/thread_pool.h"
#include "worker/models/model.h"
#include "worker/optim/adam.h"
#include "worker/optim/arena_update.h"
#include "worker/plan/plan.h"

// Replays what make_golden.py recorded: the same parameters, samples and optimizer must follow
// PyTorch for ten steps.

namespace descent {
namespace {

using nlohmann::json;

// The forward pass rounds a few dozen sums of order one; parameters drift apart by rounding alone.
constexpr double kLossTolerance = 1e-5;  // relative
// Sums over a batch cancel, so their error is relative to the largest gradient of a tensor.
constexpr double kGradientTolerance = 1e-4;
// AdamW divides by the gradient's size: where that is near zero, rounding decides the direction.
constexpr double kNormTolerance = 1e-4;  // relative

// A key's bias moves all scores of a query alike, which softmax does not see: its gradient is zero
// in exact arithmetic, and AdamW turns what rounding leaves of it into steps of full size.
bool IsMovedByRoundingAlone(const std::string& parameter) {
  return parameter.ends_with("attn.c_attn.bias");
}

json ReadGolden(const std::string& model) {
  return json::parse(ReadFile(GoldenPath("golden_" + model + ".json")).value());
}

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return std::sqrt(sum);
}

Loss LossNamed(const std::string& name) {
  for (const Loss loss : {Loss::kBinaryCrossEntropy, Loss::kMse, Loss::kHuber}) {
    if (name == LossName(loss)) return loss;
  }
  return Loss::kCrossEntropy;
}

template <typename Enum, std::size_t count>
Enum Named(const json& options, const char* field,
           const std::array<std::string_view, count>& names) {
  const std::string name = options.value(field, std::string(names[0]));
  return static_cast<Enum>(std::ranges::find(names, name) - names.begin());
}

GptSpec GptOf(const json& gpt) {
  return {.layers = gpt["layers"],
          .heads = gpt["heads"],
          .embedding_size = gpt["embedding_size"],
          .context_length = gpt["context_length"],
          .feed_forward_size = gpt.value("feed_forward_size", std::int64_t{0}),
          .positions = Named<GptPositions>(gpt, "positions", kGptPositionsNames),
          .activation = Named<GptActivation>(gpt, "activation", kGptActivationNames),
          .norm = Named<GptNorm>(gpt, "norm", kGptNormNames),
          .head = Named<GptHead>(gpt, "head", kGptHeadNames),
          .biases = Named<GptBiases>(gpt, "biases", kGptBiasesNames)};
}

// A recorded run, being replayed.
class Replay {
 public:
  Replay(const json& golden, const json& run)
      : rows_(golden["rows"]),
        features_(run.value("features", std::vector<float>())),
        tokens_(run.value("tokens", std::vector<std::int32_t>())),
        labels_(run["labels"]),
        targets_(run.value("targets", std::vector<float>())),
        model_(BuildGraph(golden, run)),
        layout_(MakeParameterLayout(model_)),
        pool_(1),
        plan_(Plan::Compile(model_, layout_, PlanKind::kTrainWrite, pool_).value()),
        update_(MakeUpdate(golden["adamw"], layout_)),
        learning_rate_(golden["adamw"]["lr"]),
        parameters_(static_cast<std::size_t>(layout_.element_count)),
        gradients_(parameters_.size()),
        mean_(parameters_.size()),
        variance_(parameters_.size()) {
    for (const ParameterSlot& slot : layout_.slots) {
      const std::vector<float> values = run["parameters"][slot.name];
      std::ranges::copy(values, parameters_.begin() + slot.offset);
    }
  }

  // One step; its mean loss.
  double Step() {
    std::vector<float> losses(rows_), correct(targets_.empty() ? rows_ : 0);
    plan_->Run({.features = features_,
                .tokens = tokens_,
                .labels = labels_,
                .targets = targets_,
                .parameters = parameters_,
                .gradients = gradients_,
                .losses = losses,
                .correct = correct,
                .on_bucket_ready = {}});
    const double samples = CountedSamples();
    const StateArenas state{.weights = parameters_, .moments = {mean_, variance_}};
    const UpdateStep step = {
        .number = ++steps_, .learning_rate = learning_rate_, .grad_scale = 1 / samples};
    update_.UpdateRange(step, {0, layout_.element_count}, gradients_, state, state);
    return std::accumulate(losses.begin(), losses.end(), 0.0) / samples;
  }

  void ExpectGradients(const json& wanted) const {
    for (const ParameterSlot& slot : layout_.slots) {
      const std::vector<double> tensor = wanted[slot.name];
      const std::span<const float> found = PartOf(gradients_, slot);
      double largest = 0;
      for (const double value : tensor) largest = std::max(largest, std::abs(value));
      for (std::size_t i = 0; i < tensor.size(); ++i) {
        ASSERT_NEAR(found[i] / CountedSamples(), tensor[i], kGradientTolerance * largest)
            << slot.name << " element " << i;
      }
    }
  }

  void ExpectParameterNorms(const json& wanted) const {
    for (const ParameterSlot& slot : layout_.slots) {
      if (IsMovedByRoundingAlone(slot.name)) continue;
      const double norm = wanted[slot.name];
      EXPECT_NEAR(Norm(PartOf(parameters_, slot)), norm, kNormTolerance * norm) << slot.name;
    }
  }

 private:
  // Of a GPT every label counts, and all labels of a sample are one sample.
  double CountedSamples() const {
    const auto rows = static_cast<std::int64_t>(rows_);
    if (!tokens_.empty()) return static_cast<double>(rows);
    return static_cast<double>(CountAnswers(labels_, rows));
  }

  static Graph BuildGraph(const json& golden, const json& run) {
    ModelSpec model;
    if (run.contains("gpt")) {
      const json& gpt = run["gpt"];
      model.architecture = GptOf(gpt);
      const SampleFormat format = {.token_count = gpt["context_length"],
                                   .label_count = gpt["context_length"],
                                   .class_count = golden["vocabulary"]};
      return BuildModel(model, format, golden["rows"]).value();
    }
    const std::vector<std::int64_t> sizes = golden["sizes"];
    std::get<MlpSpec>(model.architecture).hidden_sizes.assign(sizes.begin() + 1, sizes.end() - 1);
    std::get<MlpSpec>(model.architecture).activation =
        run.value("activation", "relu") == "gelu" ? Activation::kGelu : Activation::kRelu;
    SampleFormat format = {.feature_count = sizes.front(), .class_count = sizes.back()};
    if (run.contains("loss")) {
      model.loss = LossNamed(run["loss"]);
      model.huber_delta = run.value("huber_delta", 0.0);
      model.label_smoothing = run.value("label_smoothing", 0.0);
    }
    if (run.contains("regression")) {
      format.class_count = run["classes"];
      if (run["regression"] == "linear") {
        model.architecture = LinearRegressionSpec{};
      } else {
        model.architecture = LogisticRegressionSpec{};
      }
    }
    if (run.contains("targets")) {
      format = {.feature_count = sizes.front(),
                .label_count = 0,
                .target_count = run.value("classes", sizes.back())};
    }
    return BuildModel(model, format, golden["rows"]).value();
  }

  static ArenaUpdate MakeUpdate(const json& adamw, const ParameterLayout& layout) {
    const AdamOptions options = {
        .beta1 = adamw["betas"][0], .beta2 = adamw["betas"][1], .epsilon = adamw["eps"]};
    return ArenaUpdate(
        std::make_unique<Adam>(options),
        {{{0, layout.element_count}, UpdateRule{.weight_decay = adamw["weight_decay"]}}});
  }

  static std::span<const float> PartOf(const std::vector<float>& arena, const ParameterSlot& slot) {
    return std::span(arena).subspan(static_cast<std::size_t>(slot.offset),
                                    static_cast<std::size_t>(slot.size));
  }

  const std::size_t rows_;
  const std::vector<float> features_;
  const std::vector<std::int32_t> tokens_;
  const std::vector<std::int32_t> labels_;
  const std::vector<float> targets_;
  const Graph model_;
  const ParameterLayout layout_;
  ThreadPool pool_;
  const std::unique_ptr<Plan> plan_;
  const ArenaUpdate update_;
  const double learning_rate_;
  std::vector<float> parameters_;
  std::vector<float> gradients_;
  std::vector<float> mean_;
  std::vector<float> variance_;
  std::int64_t steps_ = 0;
};

struct GoldenRun {
  std::string model;      // "mlp": of golden_mlp.json
  std::size_t index = 0;  // of its runs
  std::string name;
};

class GoldenTest : public testing::TestWithParam<GoldenRun> {
 protected:
  const json golden_ = ReadGolden(GetParam().model);
  const json run_ = golden_["runs"][GetParam().index];
};

TEST_P(GoldenTest, TheFirstGradientsAreThoseOfPyTorch) {
  Replay replay(golden_, run_);

  replay.Step();

  replay.ExpectGradients(run_["gradients"]);
}

TEST_P(GoldenTest, TenStepsOfAdamWFollowPyTorch) {
  Replay replay(golden_, run_);
  ASSERT_EQ(run_["losses"].size(), 10u);

  for (std::size_t step = 0; step < 10; ++step) {
    const double wanted = run_["losses"][step];

    EXPECT_NEAR(replay.Step(), wanted, kLossTolerance * wanted) << "step " << step;
    replay.ExpectParameterNorms(run_["parameter_norms"][step]);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, GoldenTest,
    testing::Values(GoldenRun{"mlp", 0, "mlp_with_relu"}, GoldenRun{"mlp", 1, "mlp_with_gelu"},
                    GoldenRun{"loss", 0, "binary_cross_entropy"}, GoldenRun{"loss", 1, "mse"},
                    GoldenRun{"loss", 2, "huber"}, GoldenRun{"loss", 3, "smoothed_cross_entropy"},
                    GoldenRun{"loss", 4, "cross_entropy_of_some_labels"},
                    GoldenRun{"regression", 0, "linear_regression"},
                    GoldenRun{"regression", 1, "logistic_regression"},
                    GoldenRun{"regression", 2, "logistic_regression_of_one_logit"},
                    GoldenRun{"gpt", 0, "gpt"}, GoldenRun{"gpt", 1, "llama"},
                    GoldenRun{"gpt", 2, "gpt_with_gelu_tanh"}),
    [](const auto& run) { return run.param.name; });

}  // namespace
}  // namespace descent
