#pragma once

#include <memory>
#include <span>

#include "common/job_spec.h"
#include "common/result.h"
#include "worker/collective/collective.h"
#include "worker/collective/mpi_collective.h"

namespace descent {

// The collective of a job over ranks of the MPI world (see MakeMpiCollective for the arguments and
// for when it blocks). Every rank gets the same kind:
//   kMpi           messages of MPI
//   kSharedMemory  memory that all ranks map; they must share one host
//   kAuto          shared memory if there are several ranks and all can map it, else MPI
// Of kFastest, what adds is MPI's own reduction (fastest_collective.h), and the kind is not
// kSharedMemory.
//   kFailedPrecondition  kSharedMemory cannot be had, on every rank with the same reason: it names
//                        the ranks and their hosts, or the rank that cannot open the memory and why
//   kInvalidArgument, kAborted  as MakeMpiCollective
Result<std::unique_ptr<Collective>> FormCollective(CollectiveKind kind, ReductionKind reduction,
                                                   std::span<const int> world_ranks, int tag);

// The same choice of kReproducible over any group that can talk already; for kMpi it is that
// group's collective.
Result<std::unique_ptr<Collective>> ChooseCollective(CollectiveKind kind, MpiGroup group);

}  // namespace descent
