#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "tests/numeric/plan_fixture.h"

// Every allocation of this program passes here. Those of the matrix library are not counted: it
// keeps a list of arguments, and on some processors a packing buffer, for the length of a call.
namespace {

std::atomic<bool> is_counting = false;
std::atomic<int> allocation_count = 0;

bool IsInMatrixLibrary(void* address) {
  Dl_info place;
  if (dladdr(address, &place) == 0 || place.dli_fname == nullptr) return false;
  return std::string_view(place.dli_fname).find("libdnnl") != std::string_view::npos;
}

void* Allocate(std::size_t size, std::size_t alignment, void* caller) {
  if (is_counting && !IsInMatrixLibrary(caller)) ++allocation_count;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded > 0 ? rounded : alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size, 16, __builtin_return_address(0)); }
void* operator new[](std::size_t size) { return Allocate(size, 16, __builtin_return_address(0)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment), __builtin_return_address(0));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size, 16, __builtin_return_address(0));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return Allocate(size, 16, __builtin_return_address(0));
}
// Not inlined, because the compiler then takes free for what does not fit new.
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace descent {
namespace {

constexpr std::array kEveryKind = {PlanKind::kTrainWrite, PlanKind::kTrainAccumulate,
                                   PlanKind::kEvaluate, PlanKind::kPredict};

// Allocations in three runs of a plan that has run before.
int AllocationsOf(const Problem& problem, PlanKind kind) {
  CompiledProblem compiled(problem, kind, /*threads=*/2);
  Outcome outcome = compiled.EmptyOutcome();
  const PlanRun run = compiled.RunOn(0, outcome);
  compiled.plan().Run(run);

  allocation_count = 0;
  is_counting = true;
  for (int i = 0; i < 3; ++i) compiled.plan().Run(run);
  is_counting = false;
  return allocation_count.exchange(0);
}

struct NamedProblem {
  std::string name;
  Problem problem;
};

class PlanAllocationTest : public testing::TestWithParam<NamedProblem> {};

TEST_P(PlanAllocationTest, ARunAllocatesNothingOnceItIsWarm) {
  for (const PlanKind kind : kEveryKind)
    EXPECT_EQ(AllocationsOf(GetParam().problem, kind), 0) << "kind " << static_cast<int>(kind);
}

TEST_P(PlanAllocationTest, NorDoesOneThatComputesActivationsAgain) {
  Problem problem = GetParam().problem;
  problem.model.activation_checkpointing = ActivationCheckpointing::kFull;

  EXPECT_EQ(AllocationsOf(problem, PlanKind::kTrainWrite), 0);
}

INSTANTIATE_TEST_SUITE_P(Models, PlanAllocationTest,
                         testing::Values(NamedProblem{"mlp", LargeMlp()},
                                         NamedProblem{"gpt", LargeGpt()},
                                         NamedProblem{"llama", LargeLlama()},
                                         NamedProblem{"convnet", LargeConvnet()}),
                         [](const auto& test) { return test.param.name; });

TEST(AllocationCounterTest, Counts) {
  is_counting = true;
  const std::string text(100, 'x');
  is_counting = false;

  EXPECT_EQ(allocation_count.exchange(0), 1) << text;
}

}  // namespace
}  // namespace descent
