#include "worker/collective/nccl_collective.h"

#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "tests/unit/collective/collective_conformance.h"
#include "tests/unit/collective/reduce_scatter_conformance.h"
#include "worker/collective/ordered_sum_kernel.h"

namespace descent {
namespace {

// One rank, on the GPU that is there; a test is skipped, with the reason, where none is.
struct OneGpu {
  static int world_size_max() { return 1; }

  static std::vector<float> Read(std::span<const float> memory) {
    std::vector<float> values(memory.size());
    cudaMemcpy(values.data(), memory.data(), memory.size_bytes(), cudaMemcpyDefault);
    return values;
  }
  static void Write(std::span<float> memory, std::span<const float> values) {
    cudaMemcpy(memory.data(), values.data(), values.size_bytes(), cudaMemcpyDefault);
  }

  static void Run(int world_size, const std::function<void(Collective&)>& body) {
    if (const Status status = CheckGpu(); !status.ok()) GTEST_SKIP() << status;
    const Result<NcclGroupId> id = MakeNcclGroupId();
    ASSERT_TRUE(id.ok()) << id.status();
    const Result<std::unique_ptr<Collective>> collective =
        MakeNcclCollective(id.value(), world_size, 0);
    ASSERT_TRUE(collective.ok()) << collective.status();
    body(*collective.value());
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Nccl, CollectiveConformanceTest, OneGpu);
INSTANTIATE_TYPED_TEST_SUITE_P(Nccl, ReduceScatterConformanceTest, OneGpu);

// Several slots, as several ranks would bring them; the kernel alone.
TEST(OrderedSumKernelTest, AddsInTheOrderOfTheTree) {
  if (const Status status = CheckGpu(); !status.ok()) GTEST_SKIP() << status;
  OneGpu::Run(1, [](Collective& collective) {
    constexpr std::size_t kSize = 70001;
    for (const int world_size : {2, 3, 8}) {
      const CanonicalTree tree(std::vector<bool>(8, true), world_size);
      std::vector<const float*> slots;
      for (int rank = 0; rank < world_size; ++rank) {
        const auto buffers = conformance::AccumulateLeaves(tree, rank, kSize);
        for (std::size_t i = 0; i < tree.PartialSumsOf(rank).size(); ++i) {
          const auto slot = collective.Allocate(kSize, MemoryKind::kPerRank).value();
          OneGpu::Write(slot, buffers[i]);
          slots.push_back(slot.data());
        }
      }
      std::vector<DeviceAddition> additions;
      for (const auto& [target, source] : tree.additions()) additions.push_back({target, source});
      const std::span<float> sum = collective.Allocate(kSize, MemoryKind::kCommon).value();
      const float** device_slots = nullptr;
      DeviceAddition* device_additions = nullptr;
      cudaMalloc(reinterpret_cast<void**>(&device_slots), slots.size() * sizeof(const float*));
      cudaMalloc(reinterpret_cast<void**>(&device_additions),
                 additions.size() * sizeof(DeviceAddition));
      cudaMemcpy(device_slots, slots.data(), slots.size() * sizeof(const float*),
                 cudaMemcpyDefault);
      cudaMemcpy(device_additions, additions.data(), additions.size() * sizeof(DeviceAddition),
                 cudaMemcpyDefault);

      EXPECT_EQ(AddInOrderOnDevice(device_slots, static_cast<int>(slots.size()), device_additions,
                                   static_cast<int>(additions.size()), sum.data(), kSize, nullptr),
                0);

      cudaDeviceSynchronize();
      EXPECT_EQ(conformance::CountWrong(tree, OneGpu::Read(sum)), 0) << world_size;
      cudaFree(device_slots);
      cudaFree(device_additions);
    }
  });
}

}  // namespace
}  // namespace descent
