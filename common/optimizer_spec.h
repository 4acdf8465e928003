#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace descent {

// The formulas are in worker/optim/; names and defaults are those of torch.optim.

struct AdamWSpec {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.01;         // decoupled
  std::vector<std::string> no_decay;  // globs over parameter names: "*.bias"
};

struct AdamSpec {
  double lr = 1e-3;
  std::vector<double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0.0;  // added to the gradient
  std::vector<std::string> no_decay;
};

struct SgdSpec {
  double lr = 1e-3;
  double momentum = 0.0;   // 0: none
  double dampening = 0.0;  // of the gradient that enters the momentum
  bool nesterov = false;
  double weight_decay = 0.0;  // added to the gradient
  std::vector<std::string> no_decay;
};

// Lion is not in torch.optim: the defaults are those of its authors.
struct LionSpec {
  double lr = 1e-4;
  std::vector<double> betas = {0.9, 0.99};
  double weight_decay = 0.0;  // decoupled
  std::vector<std::string> no_decay;
};

// What is different for the parameters whose names match. A parameter is of the first group that
// matches it.
struct ParameterGroup {
  std::vector<std::string> match;  // globs
  double lr_multiplier = 1.0;
  std::optional<double> weight_decay;  // absent: the optimizer's, and no_decay holds
  bool is_frozen = false;              // then neither of the above is given
};

struct OptimizerSpec {
  std::variant<AdamWSpec, AdamSpec, SgdSpec, LionSpec> algorithm;
  double clip_norm = 0.0;   // of the whole gradient; 0: no clipping
  double clip_value = 0.0;  // of each element of the gradient; 0: no clipping
  std::vector<ParameterGroup> groups;
};

// An exponential moving average of the weights.
struct EmaSpec {
  double decay = 0.999;  // in [0, 1): the part of the average that stays at each step
};

// As the job file has it: "adamw".
std::string_view OptimizerName(const OptimizerSpec& spec);

// The fields that every algorithm has.
double LearningRateOf(const OptimizerSpec& spec);
double WeightDecayOf(const OptimizerSpec& spec);
const std::vector<std::string>& NoDecayOf(const OptimizerSpec& spec);

// What the state of a job consists of besides its weights, in words: "sgd with momentum and ema". A
// checkpoint goes on only under the same.
std::string OptimizerStateOf(const OptimizerSpec& spec, const std::optional<EmaSpec>& ema);

}  // namespace descent
