#include "common/job_spec_optimizer.h"

#include <spdlog/fmt/fmt.h>

#include <string>
#include <variant>
#include <vector>

namespace descent {
namespace {

void CheckPatterns(const std::string& field, const std::vector<std::string>& patterns,
                   SpecChecker& checker) {
  for (const std::string& pattern : patterns)
    checker.Require(!pattern.empty(), field, "\"\"",
                    "a pattern over parameter names, such as \"*.bias\"");
}

template <typename Algorithm>
void CheckCommon(const std::string& prefix, const Algorithm& algorithm, SpecChecker& checker) {
  checker.RequireNumber(algorithm.lr > 0, prefix + "lr", algorithm.lr, "above 0 and finite");
  checker.RequireNumber(algorithm.weight_decay >= 0, prefix + "weight_decay",
                        algorithm.weight_decay, "at least 0 and finite");
  CheckPatterns(prefix + "no_decay", algorithm.no_decay, checker);
}

void CheckBetas(const std::string& prefix, const std::vector<double>& betas, SpecChecker& checker) {
  checker.Require(betas.size() == 2, prefix + "betas", fmt::format("{} values", betas.size()),
                  "2 values");
  for (const double beta : betas)
    checker.RequireNumber(beta >= 0 && beta < 1, prefix + "betas", beta, "at least 0 and below 1");
}

template <typename AdamLike>
void CheckAdam(const std::string& prefix, const AdamLike& adam, SpecChecker& checker) {
  CheckCommon(prefix, adam, checker);
  CheckBetas(prefix, adam.betas, checker);
  checker.RequireNumber(adam.eps > 0, prefix + "eps", adam.eps, "above 0 and finite");
}

void CheckAlgorithm(const std::string& prefix, const AdamWSpec& adamw, SpecChecker& checker) {
  CheckAdam(prefix, adamw, checker);
}

void CheckAlgorithm(const std::string& prefix, const AdamSpec& adam, SpecChecker& checker) {
  CheckAdam(prefix, adam, checker);
}

void CheckAlgorithm(const std::string& prefix, const SgdSpec& sgd, SpecChecker& checker) {
  CheckCommon(prefix, sgd, checker);
  checker.RequireNumber(sgd.momentum >= 0 && sgd.momentum < 1, prefix + "momentum", sgd.momentum,
                        "at least 0 (none) and below 1");
  checker.RequireNumber(sgd.dampening >= 0 && sgd.dampening < 1, prefix + "dampening",
                        sgd.dampening, "at least 0 and below 1");
  checker.Require(sgd.dampening == 0 || sgd.momentum > 0, prefix + "dampening",
                  fmt::format("{}", sgd.dampening), "absent, as there is no momentum to dampen");
  checker.Require(!sgd.nesterov || (sgd.momentum > 0 && sgd.dampening == 0), prefix + "nesterov",
                  "true", "absent, or given with a momentum and without dampening");
}

void CheckAlgorithm(const std::string& prefix, const LionSpec& lion, SpecChecker& checker) {
  CheckCommon(prefix, lion, checker);
  CheckBetas(prefix, lion.betas, checker);
}

void CheckGroup(const std::string& field, const ParameterGroup& group, SpecChecker& checker) {
  checker.Require(!group.match.empty(), field + ".match", "empty",
                  "patterns over parameter names, such as [\"*.bias\"]");
  CheckPatterns(field + ".match", group.match, checker);
  checker.RequireNumber(group.lr_multiplier > 0, field + ".lr_multiplier", group.lr_multiplier,
                        "above 0 and finite; freeze: true leaves parameters as they are");
  const bool has_rates = group.lr_multiplier != 1 || group.weight_decay;
  if (group.weight_decay)
    checker.RequireNumber(*group.weight_decay >= 0, field + ".weight_decay", *group.weight_decay,
                          "at least 0 and finite");
  checker.Require(has_rates || group.is_frozen, field, "no difference",
                  "given with an lr_multiplier, a weight_decay or freeze: true");
  checker.Require(!has_rates || !group.is_frozen, field + ".freeze", "true",
                  "absent, or given without lr_multiplier and weight_decay");
}

void CheckClipping(const OptimizerSpec& optimizer, SpecChecker& checker) {
  checker.RequireNumber(optimizer.clip_norm >= 0, "optimizer.clip_norm", optimizer.clip_norm,
                        "at least 0 (no clipping) and finite");
  checker.RequireNumber(optimizer.clip_value >= 0, "optimizer.clip_value", optimizer.clip_value,
                        "at least 0 (no clipping) and finite");
  checker.Require(!(optimizer.clip_norm > 0 && optimizer.clip_value > 0), "optimizer.clip_value",
                  fmt::format("{}", optimizer.clip_value),
                  "absent, as the gradient is clipped by its norm");
}

}  // namespace

void CheckOptimizer(const JobSpec& spec, SpecChecker& checker) {
  const OptimizerSpec& optimizer = spec.optimizer;
  const std::string prefix = fmt::format("optimizer.{}.", OptimizerName(optimizer));
  std::visit([&](const auto& algorithm) { CheckAlgorithm(prefix, algorithm, checker); },
             optimizer.algorithm);
  CheckClipping(optimizer, checker);
  for (std::size_t i = 0; i < optimizer.groups.size(); ++i)
    CheckGroup(fmt::format("optimizer.groups[{}]", i), optimizer.groups[i], checker);
  if (spec.ema)
    checker.RequireNumber(spec.ema->decay >= 0 && spec.ema->decay < 1, "ema.decay", spec.ema->decay,
                          "at least 0 and below 1");
}

}  // namespace descent
