#include "client/data_check.h"

#include "client/worker_answer.h"

namespace descent {

Result<std::vector<std::string>> FindDataProblems(const JobSpec& spec) {
  DESCENT_ASSIGN(WorkerAnswer answer, AskWorker(spec, "--check-data", {}));
  return std::move(answer.problems);
}

}  // namespace descent
