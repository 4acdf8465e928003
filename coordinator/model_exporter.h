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

  bool HasEnded();  // the child; one that takes too long is ended

  // Once it has: why there is no model. FAILED_PRECONDITION MODEL_NOT_EXPORTABLE, in the worker's
  // own words; DEADLINE_EXCEEDED EXPORT_TIMED_OUT; INTERNAL EXPORT_FAILED. None: it is in files().
  std::optional<RequestError> Error() const;
  const std::filesystem::path& files() const { return files_; }

 private:
  friend class ModelExporter;
  ModelExport(ModelExporter& exporter, std::filesystem::path directory);

  ModelExporter& exporter_;
  const std::filesystem::path directory_;
  const std::filesystem::path files_;
  const std::chrono::steady_clock::time_point deadline_;
  std::optional<ChildProcess> child_;  // absent until it is started
  bool is_too_late_ = false;
};

// Has models written for other programs by descent-worker, as child processes: this program links
// no engine (docs/decisions/0016_the_coordinator_has_models_exported_by_a_child.md). Any thread;
// outlives its exports.
class ModelExporter {
 public:
  // `directory` is the exporter's alone: what an earlier process left there is removed. `program`
  // is the worker program; empty: the one beside this program.
  ModelExporter(std::filesystem::path directory, std::filesystem::path program);

  // Begins to write the model of the checkpoint in the directory `checkpoint`, of
  // `checkpoint_bytes`, in a format of `descent-worker --export-format`. Its files must stay until
  // the child has ended.
  //   UNIMPLEMENTED FEATURE_DISABLED                    there is no worker program
  //   RESOURCE_EXHAUSTED TOO_MANY_EXPORTS or DISK_FULL  it may work later
  std::variant<std::unique_ptr<ModelExport>, RequestError> Start(const std::string& checkpoint,
                                                                 std::int64_t checkpoint_bytes,
                                                                 const std::string& format);

 private:
  friend class ModelExport;

  Result<std::filesystem::path> FindProgram() const;
  std::optional<RequestError> CheckSpace(std::int64_t bytes) const;
  // The name of a new export's directory; none: as many as may be are under way.
  std::optional<std::string> TakePlace();
  void GiveBackPlace();

  const std::filesystem::path directory_;
  const std::filesystem::path program_;

  std::mutex mutex_;  // guards the following
  int exports_ = 0;
  std::int64_t last_number_ = 0;
};

}  // namespace descent
