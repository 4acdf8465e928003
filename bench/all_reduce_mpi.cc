// Times the all-reduce that keeps the tree beside MPI_Allreduce, which does not, in one run:
//   mpirun -n 4 descent_all_reduce_mpi [repetitions]
// The two are interleaved, so that whatever disturbs the machine disturbs both. A repetition's time
// is the slowest rank's; printed is the median over repetitions.

#include <mpi.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "worker/collective/mpi_collective.h"

namespace descent {
namespace {

template <typename Function>
double SecondsOfSlowestRank(Function function) {
  MPI_Barrier(MPI_COMM_WORLD);
  const double start = MPI_Wtime();
  function();
  double seconds = MPI_Wtime() - start;
  MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
  return seconds;
}

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

struct Medians {
  double tree_seconds;
  double mpi_seconds;
};

Medians Measure(Collective& collective, std::size_t size, int repetitions) {
  const auto leaf_count = std::bit_ceil(static_cast<unsigned>(collective.world_size()));
  const CanonicalTree tree(std::vector<bool>(leaf_count, true), collective.world_size());
  const std::vector<float> values(size, 1.0f);
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective.rank()).size(),
                                               values.data());
  std::vector<float> sum(size);
  std::vector<double> tree_seconds;
  std::vector<double> mpi_seconds;
  for (int i = 0; i <= repetitions; ++i) {
    const double ours = SecondsOfSlowestRank([&] {
      if (!collective.AllReduce(tree, partial_sums, sum).ok()) std::abort();
    });
    const double theirs = SecondsOfSlowestRank([&] {
      MPI_Allreduce(values.data(), sum.data(), static_cast<int>(size), MPI_FLOAT, MPI_SUM,
                    MPI_COMM_WORLD);
    });
    if (i == 0) continue;  // the first touches memory and opens connections
    tree_seconds.push_back(ours);
    mpi_seconds.push_back(theirs);
  }
  return {.tree_seconds = Median(tree_seconds), .mpi_seconds = Median(mpi_seconds)};
}

void Run(int repetitions) {
  int world_size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  std::vector<int> ranks(static_cast<std::size_t>(world_size));
  std::iota(ranks.begin(), ranks.end(), 0);
  auto collective = MakeMpiCollective(ranks, 1);
  if (!collective.ok()) std::abort();
  const bool prints = collective.value()->rank() == 0;

  if (prints)
    std::printf("%d ranks\n%10s %12s %12s %8s\n", world_size, "KiB", "tree us", "MPI us", "ratio");
  for (std::size_t bytes = 1 << 10; bytes <= std::size_t{64} << 20; bytes *= 4) {
    const auto [tree_seconds, mpi_seconds] =
        Measure(*collective.value(), bytes / sizeof(float), repetitions);
    if (prints)
      std::printf("%10zu %12.1f %12.1f %8.2f\n", bytes >> 10, tree_seconds * 1e6, mpi_seconds * 1e6,
                  tree_seconds / mpi_seconds);
  }
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) {
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  descent::Run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 30);
  MPI_Finalize();
  return 0;
}
