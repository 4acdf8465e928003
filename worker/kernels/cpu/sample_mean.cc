#include "worker/kernels/cpu/cpu_kernels.h"

namespace descent::cpu {

// A value per token is little against what made it: no loop of its own for each instruction set.

PreparedStep PrepareSampleMean(const KernelRequest& request) {
  const auto samples = static_cast<std::size_t>(request.output(0).shape[0]);
  const auto tokens = static_cast<std::size_t>(request.node.attributes.Integer("tokens"));
  return MakeStep([=](const StepRun& run) {
    for (std::size_t sample = 0; sample < samples; ++sample) {
      double sum = 0;
      for (std::size_t token = 0; token < tokens; ++token)
        sum += double{run.input(0)[sample * tokens + token]};
      run.output(0)[sample] = static_cast<float>(sum / static_cast<double>(tokens));
    }
  });
}

PreparedStep PrepareSampleMeanGradient(const KernelRequest& request) {
  const auto samples = static_cast<std::size_t>(request.input(0).shape[0]);
  const auto tokens = static_cast<std::size_t>(request.node.attributes.Integer("tokens"));
  return MakeStep([=](const StepRun& run) {
    for (std::size_t sample = 0; sample < samples; ++sample)
      std::fill_n(run.output(0) + sample * tokens, tokens,
                  run.input(0)[sample] / static_cast<float>(tokens));
  });
}

}  // namespace descent::cpu
