#include "common/job_spec_loss.h"

#include <spdlog/fmt/fmt.h>

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

void CheckLoss(const ModelSpec& model, SpecChecker& checker) {
  if (std::holds_alternative<GptSpec>(model.architecture)) {
    checker.Require(model.loss == Loss::kCrossEntropy, "model.loss", LossName(model.loss),
                    "cross_entropy, by which model.gpt learns");
  }
  if (model.loss == Loss::kHuber) {
    checker.RequireNumber(model.huber_delta > 0, "model.huber_delta", model.huber_delta,
                          "above 0 and finite");
  } else {
    checker.Require(model.huber_delta == 0, "model.huber_delta",
                    fmt::format("{}", model.huber_delta), "absent, as it is of huber");
  }
}

}  // namespace descent
