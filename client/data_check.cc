#include "client/data_check.h"

#include <algorithm>
#include <filesystem>

namespace descent {
namespace {

// Whether the folder is there that the files, or some of them, would lie in: where it is, a file
// that is missing is a mistake.
bool IsVisible(const DatasetSpec& dataset) {
  if (dataset.format == DataFormat::kSynthetic) return true;
  const std::string before_wildcard = dataset.path.substr(0, dataset.path.find_first_of("*?["));
  const std::filesystem::path folder = std::filesystem::path(before_wildcard).parent_path();
  std::error_code ignored;
  return std::filesystem::is_directory(folder.empty() ? "." : folder, ignored);
}

}  // namespace

Result<std::vector<std::string>> FindDataProblems(const JobSpec& spec) {
  DESCENT_ASSIGN(WorkerAnswer answer, AskWorker(spec, "--check-data", {}));
  return std::move(answer.problems);
}

Result<WorkerAnswer> CompileForData(const JobSpec& spec) {
  if (!IsVisible(spec.data.train))
    return Status(Code::kNotFound, "the data are not on this machine");
  const auto workers = std::min<std::int64_t>(spec.workers.max, spec.batch.logical_workers);
  return AskWorker(spec, "--explain", {"--explain-workers", std::to_string(workers)});
}

}  // namespace descent
