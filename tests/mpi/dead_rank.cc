// Reduces for ever over the collective that is named; one rank kills itself in the middle, without
// a word to anybody. Started by dead_rank_test.py.

#include <mpi.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <vector>

#include "worker/collective/form_collective.h"

namespace descent {
namespace {

constexpr int kStepsBeforeDeath = 100;

void ReduceUntilAborted(Collective& collective, int victim) {
  const CanonicalTree tree(std::vector<bool>(4, true), collective.world_size());
  const auto values = collective.Allocate(100000, MemoryKind::kPerRank);
  if (!values.ok()) std::abort();
  const std::vector<const float*> partial_sums(tree.PartialSumsOf(collective.rank()).size(),
                                               values.value().data());
  for (int step = 0;; ++step) {
    if (step == kStepsBeforeDeath && collective.rank() == victim) raise(SIGKILL);
    const Status status = collective.AllReduce(tree, partial_sums, SumTarget::To(values.value()));
    if (status.ok()) continue;
    std::printf("rank %d: %s\n", collective.rank(), status.ToString().c_str());
    std::fflush(stdout);
    return;
  }
}

int Main(int argc, char** argv) {
  // mpirun ends the others by SIGTERM: they stay for a moment, to say what they saw.
  signal(SIGTERM, SIG_IGN);
  int thread_level = MPI_THREAD_SINGLE;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &thread_level);
  if (argc != 3) return 2;
  int world_size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &world_size);
  std::vector<int> ranks(static_cast<std::size_t>(world_size));
  std::iota(ranks.begin(), ranks.end(), 0);
  const std::string name = argv[1];
  const CollectiveKind kind =
      name == "shared_memory" ? CollectiveKind::kSharedMemory : CollectiveKind::kMpi;
  const ReductionKind reduction =
      name == "fastest" ? ReductionKind::kFastest : ReductionKind::kReproducible;
  const auto collective = FormCollective(kind, reduction, ranks, 1);
  if (!collective.ok()) std::abort();
  ReduceUntilAborted(*collective.value(), std::atoi(argv[2]));
  return 1;
}

}  // namespace
}  // namespace descent

int main(int argc, char** argv) { return descent::Main(argc, argv); }
