#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "common/child_process.h"
#include "coordinator/request_error.h"

namespace descent {

class ModelExporter;

// One model that a child process writes. When it ends so does the child, and what it wrote is
// removed. One thread at a time; blocks on the disk, not on the child.
class ModelExport {
 public:
  ~ModelExport();
  ModelExport(const ModelExport&) = delete;
  ModelExport& operator=(const ModelExport&) = delete;

  // The child; one that takes too long is ended. From then on another export may have its place.
  bool HasEnded();

  // Once it has: why there is no model. FAILED_PRECONDITION MODEL_NOT_EXPORTABLE, in the worker's
  // own words; DEADLINE_EXCEEDED EXPORT_TIMED_OUT; INTERNAL EXPORT_FAILED. None: it is in files().
  std::optional<RequestError> Error() const;
  const std::filesystem::path& files() const { return files_; }

 private:
  friend class ModelExporter;
  ModelExport(ModelExporter& exporter, std::filesystem::path directory, std::int64_t bytes);

  void GiveBackPlace();

  ModelExporter& exporter_;
  const std::filesystem::path directory_;
  const std::int64_t bytes_;  // that it may take
  const std::filesystem::path files_;
  const std::chrono::steady_clock::time_point deadline_;
  std::optional<ChildProcess> child_;  // absent until it is started
  bool is_too_late_ = false;
  bool has_place_ = true;
};

// Has models written for other programs by descent-worker, as child processes: this program links
// no engine (docs/decisions/0017_the_coordinator_has_models_exported_by_a_child.md). Any thread;
// outlives its exports.
class ModelExporter {
 public:
  // `directory` is the exporter's alone: what an earlier process left there is removed. `program`
  // is the worker program; empty: the one beside this program.
  ModelExporter(std::filesystem::path directory, std::filesystem::path program);

  // Begins to write the model of the checkpoint in the directory `checkpoint`, in a format of
  // `descent-worker --export-format`. Its files must stay until the child has ended. What an export
  // may take on the disk is kept free for it: as much as the checkpoint's files.
  //   UNIMPLEMENTED FEATURE_DISABLED                    there is no worker program
  //   RESOURCE_EXHAUSTED TOO_MANY_EXPORTS or DISK_FULL  it may work later
  std::variant<std::unique_ptr<ModelExport>, RequestError> Start(const std::string& checkpoint,
                                                                 const std::string& format);

 private:
  friend class ModelExport;

  Result<std::filesystem::path> FindProgram() const;
  // The name of the directory of a new export, which may take so many bytes.
  std::variant<std::string, RequestError> TakePlace(std::int64_t bytes);
  void GiveBackPlace(std::int64_t bytes);

  const std::filesystem::path directory_;
  const std::filesystem::path program_;

  std::mutex mutex_;                 // guards the following
  int exports_ = 0;                  // whose children have not ended
  std::int64_t reserved_bytes_ = 0;  // for those
  std::int64_t last_number_ = 0;
};

}  // namespace descent
