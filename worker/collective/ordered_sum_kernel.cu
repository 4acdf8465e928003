#include <cuda_runtime.h>

#include <algorithm>

#include "worker/collective/ordered_sum_kernel.h"

namespace descent {
namespace {

constexpr int kThreadsPerBlock = 256;
constexpr std::int64_t kBlocksMax = 4096;

// Neighbouring threads take neighbouring elements, so that reads of a slot are whole lines. The
// intermediate sums of an element stay with its thread.
template <int kSlotsMax>
__global__ void AddInOrder(const float* const* slots, int slot_count,
                           const DeviceAddition* additions, int addition_count, float* sum,
                           std::int64_t count) {
  const std::int64_t stride = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += stride) {
    float values[kSlotsMax];
    for (int slot = 0; slot < slot_count; ++slot) values[slot] = slots[slot][i];
    for (int k = 0; k < addition_count; ++k)
      values[additions[k].target] =
          __fadd_rn(values[additions[k].target], values[additions[k].source]);
    sum[i] = values[0];
  }
}

}  // namespace

int AddInOrderOnDevice(const float* const* slots, int slot_count, const DeviceAddition* additions,
                       int addition_count, float* sum, std::int64_t count, void* stream) {
  if (count == 0) return cudaSuccess;
  const auto blocks = static_cast<unsigned>(
      std::min(kBlocksMax, (count + kThreadsPerBlock - 1) / kThreadsPerBlock));
  const auto cuda_stream = static_cast<cudaStream_t>(stream);
  // Few slots fit a thread's registers; many are rare, and go to its local memory.
  if (slot_count <= 16)
    AddInOrder<16><<<blocks, kThreadsPerBlock, 0, cuda_stream>>>(slots, slot_count, additions,
                                                                 addition_count, sum, count);
  else
    AddInOrder<kDeviceSlotsMax><<<blocks, kThreadsPerBlock, 0, cuda_stream>>>(
        slots, slot_count, additions, addition_count, sum, count);
  return cudaGetLastError();
}

}  // namespace descent
