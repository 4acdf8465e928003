#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>
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
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace descent {
namespace {

class PlanAllocationTest : public testing::TestWithParam<PlanKind> {};

TEST_P(PlanAllocationTest, ARunAllocatesNothingOnceItIsWarm) {
  CompiledProblem compiled(LargeGpt(), GetParam(), /*threads=*/2);
  Outcome outcome = compiled.EmptyOutcome();
  const PlanRun run = compiled.RunOn(0, outcome);
  compiled.plan().Run(run);

  is_counting = true;
  for (int i = 0; i < 3; ++i) compiled.plan().Run(run);
  is_counting = false;

  EXPECT_EQ(allocation_count, 0);
}

INSTANTIATE_TEST_SUITE_P(PlanKinds, PlanAllocationTest,
                         testing::Values(PlanKind::kTrainWrite, PlanKind::kTrainAccumulate,
                                         PlanKind::kEvaluate, PlanKind::kPredict),
                         [](const auto& kind) {
                           switch (kind.param) {
                             case PlanKind::kTrainWrite:
                               return "train_write";
                             case PlanKind::kTrainAccumulate:
                               return "train_accumulate";
                             case PlanKind::kEvaluate:
                               return "evaluate";
                             case PlanKind::kPredict:
                               return "predict";
                           }
                           return "unknown";
                         });

TEST(AllocationCounterTest, Counts) {
  is_counting = true;
  const std::string text(100, 'x');
  is_counting = false;

  EXPECT_EQ(allocation_count.exchange(0), 1) << text;
}

}  // namespace
}  // namespace descent
