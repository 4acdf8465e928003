#include "common/job_spec_loss.h"

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <limits>
#include <string>
#include <variant>

namespace descent {

std::string_view LossName(Loss loss) {
  switch (loss) {
    case Loss::kCrossEntropy:
      return "cross_entropy";
    case Loss::kBinaryCrossEntropy:
      return "binary_cross_entropy";
    case Loss::kMse:
      return "mse";
    case Loss::kHuber:
      return "huber";
  }
  return "unknown";
}

namespace {

// How a model that cannot learn by every loss is named, and by which it can.
struct LossRule {
  std::string_view model;
  Loss losses[2];
};

template <typename Architecture>
void CheckRule(const ModelSpec& model, const LossRule& rule, SpecChecker& checker) {
  if (!std::holds_alternative<Architecture>(model.architecture)) return;
  const auto [first, second] = rule.losses;
  const bool is_met = model.loss == first || model.loss == second;
  const std::string wanted = first == second
                                 ? std::string(LossName(first))
                                 : fmt::format("{} or {}", LossName(first), LossName(second));
  checker.Require(is_met, "model.loss", LossName(model.loss),
                  fmt::format("{}, by which {} learns", wanted, rule.model));
}

void CheckCrossEntropy(const ModelSpec& model, SpecChecker& checker) {
  checker.RequireNumber(model.label_smoothing >= 0 && model.label_smoothing < 1,
                        "model.label_smoothing", model.label_smoothing, "at least 0 and below 1");
  using Label = std::numeric_limits<std::int32_t>;
  const std::int64_t ignored = model.ignore_index.value_or(0);
  checker.Require(Label::min() <= ignored && ignored <= Label::max(), "model.ignore_index",
                  fmt::format("{}", ignored), "a whole number of 32 bits, as labels are");
}

}  // namespace

void CheckLoss(const ModelSpec& model, SpecChecker& checker) {
  using enum Loss;
  CheckRule<GptSpec>(model, {"model.gpt", {kCrossEntropy, kCrossEntropy}}, checker);
  CheckRule<LinearRegressionSpec>(model, {"model.linear_regression", {kMse, kHuber}}, checker);
  CheckRule<LogisticRegressionSpec>(
      model, {"model.logistic_regression", {kCrossEntropy, kBinaryCrossEntropy}}, checker);
  if (model.loss == Loss::kHuber) {
    checker.RequireNumber(model.huber_delta > 0, "model.huber_delta", model.huber_delta,
                          "above 0 and finite");
  } else {
    checker.Require(model.huber_delta == 0, "model.huber_delta",
                    fmt::format("{}", model.huber_delta), "absent, as it is of huber");
  }
  if (model.loss == Loss::kCrossEntropy) {
    CheckCrossEntropy(model, checker);
  } else {
    const std::string wanted = "absent, as it is of cross_entropy";
    checker.Require(model.label_smoothing == 0, "model.label_smoothing",
                    fmt::format("{}", model.label_smoothing), wanted);
    checker.Require(!model.ignore_index, "model.ignore_index",
                    fmt::format("{}", model.ignore_index.value_or(0)), wanted);
  }
}

}  // namespace descent
