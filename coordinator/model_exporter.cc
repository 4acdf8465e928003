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
constexpr std::chrono::seconds kExportRetryDelay{10};
// What an export leaves free on the disk that the jobs' state is on.
constexpr std::int64_t kFreeBytesMin = std::int64_t{64} << 20;
constexpr std::size_t kLogBytesMax = std::size_t{64} << 10;
constexpr int kRefusedExitStatus = 2;
constexpr std::string_view kErrorPrefix = "error: ";

RequestError ExportRefusal(Code code, std::string message, const char* reason) {
  return {Status(code, std::move(message)), reason, {}, {}};
}

RequestError Busy(std::string message, const char* reason) {
  RequestError error = ExportRefusal(Code::kResourceExhausted, std::move(message), reason);
  error.retry_delay = kExportRetryDelay;
  return error;
}

RequestError FeatureDisabled(const Status& why) {
  RequestError error =
      ExportRefusal(Code::kFailedPrecondition,
                    fmt::format("models cannot be exported by this coordinator: {}", why.message()),
                    "FEATURE_DISABLED");
  error.grpc_code = grpc::StatusCode::UNIMPLEMENTED;
  error.metadata["program"] = kWorkerProgram;
  return error;
}

RequestError TimedOut() {
  RequestError error = ExportRefusal(
      Code::kInternal,
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

// What the model may take as another program's; a file that is gone is for the child to miss.
std::int64_t BytesIn(const std::filesystem::path& directory) {
  std::int64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    std::error_code is_gone;
    const std::uintmax_t size = entry.file_size(is_gone);
    if (!is_gone) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace

ModelExport::ModelExport(ModelExporter& exporter, std::filesystem::path directory,
                         std::int64_t bytes)
    : exporter_(exporter),
      directory_(std::move(directory)),
      bytes_(bytes),
      files_(directory_ / "files"),
      deadline_(std::chrono::steady_clock::now() + kTimeMax) {}

ModelExport::~ModelExport() {
  child_.reset();  // which ends it
  RemoveOrLog(directory_);
  GiveBackPlace();
}

bool ModelExport::HasEnded() {
  if (!child_->HasEnded()) {
    if (std::chrono::steady_clock::now() < deadline_) return false;
    is_too_late_ = true;
  }
  child_->Stop(std::chrono::milliseconds(0));  // with what it has left behind
  GiveBackPlace();
  return true;
}

// Once: what it wrote is part of what the disk has not free any more.
void ModelExport::GiveBackPlace() {
  if (std::exchange(has_place_, false)) exporter_.GiveBackPlace(bytes_);
}

std::optional<RequestError> ModelExport::Error() const {
  if (is_too_late_) return TimedOut();
  if (child_->ExitStatus() == 0) return std::nullopt;
  std::string words = WordsOf(*child_);
  if (child_->ExitStatus() == kRefusedExitStatus)
    return ExportRefusal(Code::kFailedPrecondition, std::move(words), "MODEL_NOT_EXPORTABLE");
  return ExportRefusal(
      Code::kInternal,
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

std::variant<std::string, RequestError> ModelExporter::TakePlace(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (exports_ == kExportsMax)
    return Busy(
        fmt::format("{} exports are under way, which is the most; try again later", kExportsMax),
        "TOO_MANY_EXPORTS");
  const Result<VolumeSpace> space = MeasureVolume(directory_);
  if (!space.ok()) return ToRequestError(space.status());
  const std::int64_t needed = bytes + kFreeBytesMin;
  const std::int64_t left = space.value().free_bytes - reserved_bytes_;
  if (left < needed)
    return Busy(fmt::format("the coordinator's disk has {} bytes free, an export may take {}", left,
                            needed),
                "DISK_FULL");
  ++exports_;
  reserved_bytes_ += bytes;
  return std::to_string(++last_number_);
}

void ModelExporter::GiveBackPlace(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  --exports_;
  reserved_bytes_ -= bytes;
}

std::variant<std::unique_ptr<ModelExport>, RequestError> ModelExporter::Start(
    const std::string& checkpoint, const std::string& format) {
  const Result<std::filesystem::path> program = FindProgram();
  if (!program.ok()) return FeatureDisabled(program.status());
  if (const Status made = MakeDirectories(directory_); !made.ok()) return ToRequestError(made);
  const std::int64_t bytes = BytesIn(checkpoint);
  auto place = TakePlace(bytes);
  if (auto* error = std::get_if<RequestError>(&place)) return std::move(*error);
  std::unique_ptr<ModelExport> begun(  // NOLINT: private constructor
      new ModelExport(*this, directory_ / std::get<std::string>(place), bytes));
  // A format of several files makes the directory itself.
  const bool is_one_file = format == "onnx";
  const Status made = MakeDirectories(is_one_file ? begun->files_ : begun->directory_);
  if (!made.ok()) return ToRequestError(made);
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
