#pragma once

#include <cstdint>

namespace descent {

// One addition of a tree: slots[target] += slots[source] (CanonicalTree::Addition).
struct DeviceAddition {
  std::int32_t target;
  std::int32_t source;
};

// On the current device, all pointers to its memory: adds up `slots` [slot_count], each to `count`
// values, element by element in the order of `additions`, and writes `sum`, which may be one of the
// slots. Additions of f32, each rounded by itself: the bits are those of OrderedSum. Returns at
// once; the work is ordered on `stream`, a cudaStream_t. The error of starting it, a cudaError_t,
// or 0.
int AddInOrderOnDevice(const float* const* slots, int slot_count, const DeviceAddition* additions,
                       int addition_count, float* sum, std::int64_t count, void* stream);

// At most this many slots at once: each thread holds one value of every slot.
inline constexpr int kDeviceSlotsMax = 256;

}  // namespace descent
