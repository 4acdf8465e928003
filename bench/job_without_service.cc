// Trains the job of a job file with ranks that are threads of this process and share memory,
// without coordinator, gRPC or MPI, and prints the seconds of each step, a line each:
//   job_without_service JOB_FILE WORKERS DIRECTORY
// The directory, for checkpoints, is of no account afterwards.

#include <cstdio>
#include <cstdlib>

#include "common/log.h"
#include "tests/support/in_process_job_file.h"
#include "worker/kernels/instruction_set.h"

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  descent::InitLog("job-without-service");
  if (!descent::SetInstructionSet("best").ok()) return 1;
  const auto outcome = descent::TrainJobFile({.path = argv[1],
                                              .overrides = {},
                                              .world_size = std::atoi(argv[2]),
                                              .directory = argv[3],
                                              .shares_memory = true});
  if (!outcome.ok()) {
    std::fprintf(stderr, "error: %s\n", outcome.status().message().c_str());
    return 1;
  }
  for (const descent::StepMetrics& step : outcome.value().Steps())
    std::printf("%.9f\n", step.step_seconds);
  return 0;
}
