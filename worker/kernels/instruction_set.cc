#include "worker/kernels/instruction_set.h"

#include <hwy/highway.h>

#include <atomic>
#include <cstdint>
#include <dnnl.hpp>
#include <string>

namespace descent {
namespace {

constexpr std::string_view kWithBFloat16Products = "avx512_bf16";

struct InstructionSet {
  std::string_view name;
  std::int64_t highway_target;
  std::int64_t disabled_targets;  // what may be better on some machines
  dnnl::cpu_isa library_isa;
};

constexpr InstructionSet kInstructionSets[] = {
    {kWithBFloat16Products, HWY_AVX3, HWY_AVX3_DL, dnnl::cpu_isa::avx512_core_bf16},
    {"avx512", HWY_AVX3, HWY_AVX3_DL, dnnl::cpu_isa::avx512_core},
    {"avx2", HWY_AVX2, HWY_AVX3_DL | HWY_AVX3, dnnl::cpu_isa::avx2},
};

// What the process has chosen. Of the whole process, as the library's and Highway's own choices are
// that go with it; null: whatever the machine has.
std::atomic<const InstructionSet*> chosen_set = nullptr;

// As the library asks for its avx512_core_bf16.
bool MachineHasBFloat16Products() {
  return __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("avx512bf16") != 0;
}

bool IsSupported(const InstructionSet& set) {
  const bool has_products = set.name != kWithBFloat16Products || MachineHasBFloat16Products();
  return has_products && (hwy::SupportedTargets() & set.highway_target) != 0;
}

Status Choose(const InstructionSet& set) {
  // The library refuses once it has generated code, so it is asked first and nothing is half set.
  if (dnnl::set_max_cpu_isa(set.library_isa) != dnnl::status::success) {
    return Status(Code::kFailedPrecondition,
                  "the instruction set must be chosen before any kernel");
  }
  hwy::DisableTargets(set.disabled_targets);
  chosen_set = &set;
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
    return Status(Code::kInvalidArgument, "instruction set is \"" + std::string(name) +
                                              "\", wanted avx512_bf16, avx512, avx2 or best");
  }
  if (name == "best") return Status();
  return Status(Code::kFailedPrecondition, "this machine has no " + std::string(name));
}

void SettleInstructionSet() {
  hwy::ChosenTarget& chosen = hwy::GetChosenTarget();
  if (!chosen.IsInitialized()) chosen.Update(hwy::SupportedTargets());
}

std::string_view InstructionSetName() {
  if (const InstructionSet* chosen = chosen_set) return chosen->name;
  for (const InstructionSet& set : kInstructionSets) {
    if (IsSupported(set)) return set.name;
  }
  return "baseline";
}

bool HasBFloat16Products() { return InstructionSetName() == kWithBFloat16Products; }

}  // namespace descent
