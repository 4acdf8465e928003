#include "worker/kernels/instruction_set.h"

#include <hwy/highway.h>

#include <cstdint>
#include <dnnl.hpp>
#include <string>

namespace descent {
namespace {

struct InstructionSet {
  std::string_view name;
  std::int64_t highway_target;
  std::int64_t disabled_targets;  // what may be better on some machines
  dnnl::cpu_isa library_isa;
};

constexpr InstructionSet kInstructionSets[] = {
    {"avx512", HWY_AVX3, HWY_AVX3_DL, dnnl::cpu_isa::avx512_core},
    {"avx2", HWY_AVX2, HWY_AVX3_DL | HWY_AVX3, dnnl::cpu_isa::avx2},
};

bool IsSupported(const InstructionSet& set) {
  return (hwy::SupportedTargets() & set.highway_target) != 0;
}

Status Choose(const InstructionSet& set) {
  // The library refuses once it has generated code, so it is asked first and nothing is half set.
  if (dnnl::set_max_cpu_isa(set.library_isa) != dnnl::status::success) {
    return Status(Code::kFailedPrecondition,
                  "the instruction set must be chosen before any kernel");
  }
  hwy::DisableTargets(set.disabled_targets);
  return Status();
}

}  // namespace

Status SetInstructionSet(std::string_view name) {
  bool is_known = name == "best";
  for (const InstructionSet& set : kInstructionSets) {
    is_known |= name == set.name;
    if ((name == set.name || name == "best") && IsSupported(set)) return Choose(set);
  }
  if (!is_known) {
    return Status(Code::kInvalidArgument,
                  "instruction set is \"" + std::string(name) + "\", wanted avx512, avx2 or best");
  }
  if (name == "best") return Status();
  return Status(Code::kFailedPrecondition, "this machine has no " + std::string(name));
}

void SettleInstructionSet() {
  hwy::ChosenTarget& chosen = hwy::GetChosenTarget();
  if (!chosen.IsInitialized()) chosen.Update(hwy::SupportedTargets());
}

std::string_view InstructionSetName() {
  for (const InstructionSet& set : kInstructionSets) {
    if (IsSupported(set)) return set.name;
  }
  return "baseline";
}

}  // namespace descent
