// Reduces more values at once than an int counts, and checks every sum:
//   mpirun -n 2 large_counts
// over shared memory and then over messages. Two ranks need 17 GiB of memory.

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <vector>

#include "worker/collective/form_collective.h"

namespace descent {
namespace {

constexpr std::int64_t kCount = (std::int64_t{1} << 31) + 3;

// Sums of a few of them are exact.
float ValueAt(std::int64_t index, int rank) {
  return static_cast<float>((index * 2'654'435'761 + rank) % 1024);
}

int WorldSize() {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

Status Sum(Collective& collective, std::span<float> values) {
  const int world_size = collective.world_size();
  const CanonicalTree tree(std::vector<bool>(static_cast<std::size_t>(world_size), true),
                           world_size);
  const std::vector<const float*> mine(tree.PartialSumsOf(collective.rank()).size(), values.data());
  return collective.AllReduce(tree, mine, SumTarget::To(values));
}

Result<std::int64_t> CountWrongSums(CollectiveKind kind, int tag) {
  std::vector<int> ranks(static_cast<std::size_t>(WorldSize()));
  std::iota(ranks.begin(), ranks.end(), 0);
  DESCENT_ASSIGN(const auto collective,
                 FormCollective(kind, ReductionKind::kReproducible, ranks, tag));
  DESCENT_ASSIGN(const std::span<float> values, collective->Allocate(kCount, MemoryKind::kPerRank));
  for (std::int64_t i = 0; i < kCount; ++i)
    values[static_cast<std::size_t>(i)] = ValueAt(i, collective->rank());
  DESCENT_RETURN_IF_ERROR(Sum(*collective, values));
  std::int64_t wrong = 0;
  for (std::int64_t i = 0; i < kCount; ++i) {
    float sum = 0;
    for (const int rank : ranks) sum += ValueAt(i, rank);
    wrong += values[static_cast<std::size_t>(i)] != sum ? 1 : 0;
  }
  return wrong;
}

bool Check(const char* name, CollectiveKind kind, int tag) {
  const auto wrong = CountWrongSums(kind, tag);
  if (wrong.ok())
    std::printf("%s: %lld sums, %lld wrong\n", name, static_cast<long long>(kCount),
                static_cast<long long>(wrong.value()));
  else
    std::fprintf(stderr, "error: %s: %s\n", name, wrong.status().message().c_str());
  return wrong.ok() && wrong.value() == 0;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  int thread_level = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  const bool holds = descent::Check("shared memory", descent::CollectiveKind::kSharedMemory, 1) &&
                     descent::Check("messages", descent::CollectiveKind::kMpi, 2);
  if (!holds) MPI_Abort(MPI_COMM_WORLD, 1);
  MPI_Finalize();
}
