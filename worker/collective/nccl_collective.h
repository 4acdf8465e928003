#pragma once

#include <array>
#include <memory>

#include "common/result.h"
#include "worker/collective/collective.h"

namespace descent {

// What the ranks of a group have in common before they can talk: made by one, given to all.
struct NcclGroupId {
  std::array<char, 128> bytes{};
};

// kUnavailable: NCCL cannot be used here; the message says why.
Result<NcclGroupId> MakeNcclGroupId();

// Why this process cannot use a GPU ("no CUDA-capable device is detected"), or OK.
Status CheckGpu();

// The collective over GPUs: partial sums travel by grouped sends and receives of NCCL, a kernel of
// ours adds them in tree order, and slices go back by all-gather, so the bits are those of every
// other collective. Uses the calling thread's current device. Every rank calls it; it blocks,
// without heed of any abort, until all have.
//   kUnavailable  there is no GPU, or NCCL reports an error
//
// Allocate gives memory of the device. Buffers may be in memory of the device, in which case
// nothing is copied that need not be, or of the host; calls return when their results are there.
Result<std::unique_ptr<Collective>> MakeNcclCollective(const NcclGroupId& id, int world_size,
                                                       int rank);

}  // namespace descent
