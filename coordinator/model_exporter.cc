#include "coordinator/model_exporter.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <string_view>
#include <utility>
#include <vector>

#include "common/file.h"
#include "common/log.h"

namespace descent {
namespace {

constexpr char kWorkerProgram[] = "descent-worker";
constexpr char kLogFile[] = "log";
constexpr char kOnnxFile[] = "model.onnx";
constexpr int kExportsMax = 2;  // each is a process that holds a model in memory
constexpr std::chrono::minutes kTimeMax{10};
constexpr std::chrono::seconds kRetryDelay{10};
// What an export leaves free on the disk that the jobs' state is on.
constexpr std::int64_t kFreeBytesMin = std::int64_t{64} << 20;
constexpr std::size_t kLogBytesMax = std::size_t{64} << 10;
constexpr int kRefusedExitStatus = 2;
constexpr std::string_view kErrorPrefix = "error: ";

RequestError Refusal(Code code, std::string message, const char* reason) {
  return {Status(code, std::move(message)), reason, {}, {}};
}

RequestError Busy(std::string message, const char* reason) {
  RequestError error = Refusal(Code::kResourceExhausted, std::move(message), reason);
  error.retry_delay = kRetryDelay;
  return error;
}

RequestError FeatureDisabled(const Status& why) {
  RequestError error =
      Refusal(Code::kFailedPrecondition,
              fmt::format("models cannot be exported by this coordinator: {}", why.message()),
              "FEATURE_DISABLED");
  error.grpc_code = grpc::StatusCode::UNIMPLEMENTED;
  error.metadata["program"] = kWorkerProgram;
  return error;
}

RequestError TimedOut() {
  RequestError error =
      Refusal(Code::kInternal,
              fmt::format("the export was ended: it took longer than {} minutes", kTimeMax.count()),
              "EXPORT_TIMED_OUT");
  error.grpc_code = grpc::StatusCode::DEADLINE_EXCEEDED;
  return error;
}

// What the child said, without "error: " and the last line end.
std::string WordsOf(const ChildProcess& child) {
  const Result<std::string> log = ReadFile(child.log(), kLogBytesMax);
  if (!log.ok()) return "";
  std::string words = log.value();
  words.erase(words.find_last_not_of('\n') + 1);
  if (words.starts_with(kErrorPrefix)) words.erase(0, kErrorPrefix.size());
  return words;
}

void RemoveOrLog(const std::filesystem::path& path) {
  if (const Status removed = RemoveTree(path); !removed.ok())
    LogWarning("export not removed error=\"{}\"", removed.ToString());
}

}  // namespace

ModelExport::ModelExport(ModelExporter& exporter, std::filesystem::path directory)
    : exporter_(exporter),
      directory_(std::move(directory)),
      files_(directory_ / "files"),
      deadline_(std::chrono::steady_clock::now() + kTimeMax) {}

ModelExport::~ModelExport() {
  child_.reset();  // which ends it
  RemoveOrLog(directory_);
  exporter_.GiveBackPlace();
}

bool ModelExport::HasEnded() {
  if (child_->HasEnded()) return true;
  if (std::chrono::steady_clock::now() < deadline_) return false;
  is_too_late_ = true;
  child_->Stop(std::chrono::milliseconds(0));
  return true;
}

std::optional<RequestError> ModelExport::Error() const {
  if (is_too_late_) return TimedOut();
  if (child_->ExitStatus() == 0) return std::nullopt;
  std::string words = WordsOf(*child_);
  if (child_->ExitStatus() == kRefusedExitStatus)
    return Refusal(Code::kFailedPrecondition, std::move(words), "MODEL_NOT_EXPORTABLE");
  return Refusal(Code::kInternal,
                 fmt::format("{} ended with {}: {}", kWorkerProgram, child_->EndText(), words),
                 "EXPORT_FAILED");
}

ModelExporter::ModelExporter(std::filesystem::path directory, std::filesystem::path program)
    : directory_(std::move(directory)), program_(std::move(program)) {
  RemoveOrLog(directory_);
}

Result<std::filesystem::path> ModelExporter::FindProgram() const {
  if (program_.empty()) return ProgramBeside(kWorkerProgram);
  if (access(program_.c_str(), X_OK) == 0) return program_;
  return Status(Code::kNotFound,
                program_.string() + " is missing, must be the program that --worker-program names");
}

std::optional<RequestError> ModelExporter::CheckSpace(std::int64_t bytes) const {
  const Result<VolumeSpace> space = MeasureVolume(directory_);
  if (!space.ok()) return ToRequestError(space.status());
  if (space.value().free_bytes >= bytes + kFreeBytesMin) return std::nullopt;
  return Busy(fmt::format("the coordinator's disk has {} bytes free, an export may take {}",
                          space.value().free_bytes, bytes + kFreeBytesMin),
              "DISK_FULL");
}

std::optional<std::string> ModelExporter::TakePlace() {
  const std::lock_guard lock(mutex_);
  if (exports_ == kExportsMax) return std::nullopt;
  ++exports_;
  return std::to_string(++last_number_);
}

void ModelExporter::GiveBackPlace() {
  const std::lock_guard lock(mutex_);
  --exports_;
}

std::variant<std::unique_ptr<ModelExport>, RequestError> ModelExporter::Start(
    const std::string& checkpoint, std::int64_t checkpoint_bytes, const std::string& format) {
  const Result<std::filesystem::path> program = FindProgram();
  if (!program.ok()) return FeatureDisabled(program.status());
  const std::optional<std::string> name = TakePlace();
  if (!name)
    return Busy(
        fmt::format("{} exports are under way, which is the most; try again later", kExportsMax),
        "TOO_MANY_EXPORTS");
  std::unique_ptr<ModelExport> begun(  // NOLINT: private constructor
      new ModelExport(*this, directory_ / *name));
  // A format of several files makes the directory itself.
  const bool is_one_file = format == "onnx";
  const Status made = MakeDirectories(is_one_file ? begun->files_ : begun->directory_);
  if (!made.ok()) return ToRequestError(made);
  if (std::optional<RequestError> error = CheckSpace(checkpoint_bytes)) return std::move(*error);
  const std::filesystem::path output = is_one_file ? begun->files_ / kOnnxFile : begun->files_;
  Result<ChildProcess> child = ChildProcess::Start(
      {program.value().string(), fmt::format("--export={}", checkpoint),
       fmt::format("--export-format={}", format),
       fmt::format("--export-output={}", output.string())},
      begun->directory_ / kLogFile, {.dumps_core = false, .inherits_descriptors = false});
  if (!child.ok()) return ToRequestError(child.status());
  begun->child_.emplace(std::move(child).value());
  return begun;
}

}  // namespace descent
