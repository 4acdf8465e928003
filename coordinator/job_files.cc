#include "coordinator/job_files.h"

#include <filesystem>
#include <system_error>

namespace descent {

Status RemoveJobFiles(LogStore& logs, const std::string& job_id, const std::string& checkpoints) {
  if (Status removed = logs.Remove(job_id); !removed.ok()) return removed;
  if (checkpoints.empty()) return Status();
  std::error_code error;
  std::filesystem::remove_all(checkpoints, error);
  if (error) return Status(Code::kUnavailable, checkpoints + ": " + error.message());
  return Status();
}

}  // namespace descent
