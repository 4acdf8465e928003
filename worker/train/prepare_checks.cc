#include "worker/train/prepare_checks.h"

#include <unistd.h>

#include <cstddef>

#include "worker/optim/optimizer.h"

namespace descent {

Status CheckMemory(const JobSpec& spec, std::int64_t element_count, bool writes_checkpoints) {
  const std::size_t state =
      1 + MakeOptimizer(spec.optimizer)->MomentNames().size() + (spec.ema ? 1 : 0);
  const std::size_t arenas = (writes_checkpoints ? 2 : 1) * state + 1;
  const double wanted =
      static_cast<double>(arenas * sizeof(float)) * static_cast<double>(element_count);
  const double present =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (wanted <= present) return Status();
  const std::string who =
      writes_checkpoints ? "the worker that writes its checkpoints" : "every worker";
  return Status(Code::kResourceExhausted,
                "the model's state needs at least " + std::to_string(wanted / 1e9) + " GB on " +
                    who + ", this machine has " + std::to_string(present / 1e9) + " GB");
}

Status CheckGroupsFit(const OptimizerSpec& optimizer,
                      const std::vector<std::string>& parameter_names) {
  std::string problems;
  for (const Violation& violation : CheckGroups(optimizer, parameter_names))
    problems += (problems.empty() ? "" : "; ") + violation.field + ": " + violation.message;
  return problems.empty() ? Status() : Status(Code::kInvalidArgument, problems);
}

}  // namespace descent
