#include "client/commands/model_output.h"

#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "common/file.h"

namespace descent {

ModelOutput::ModelOutput(const std::filesystem::path& path, bool is_directory)
    : path_(path), part_(path.string() + ".part"), is_directory_(is_directory) {}

ModelOutput::~ModelOutput() {
  stream_.close();
  std::error_code ignored;
  std::filesystem::remove_all(part_, ignored);
}

Status ModelOutput::Begin() {
  DESCENT_RETURN_IF_ERROR(RemoveTree(part_));  // of an export that was interrupted
  if (!is_directory_) return Status();
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(path_, ignored)))
    return Status(Code::kInvalidArgument,
                  fmt::format("{} is there already, must be new", path_.string()));
  return MakeDirectories(part_);
}

Status ModelOutput::Write(const std::string& file, std::string_view bytes) {
  if (!stream_.is_open() || file != file_) {
    DESCENT_RETURN_IF_ERROR(CloseFile());
    file_ = file;
    const std::filesystem::path path = is_directory_ ? part_ / file : part_;
    stream_.open(path, std::ios::binary | std::ios::trunc);
    if (!stream_)
      return Status(Code::kUnavailable,
                    fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
  }
  stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream_.good()) return Status();
  return Status(Code::kUnavailable,
                fmt::format("cannot write {}: is the disk full?", part_.string()));
}

Status ModelOutput::CloseFile() {
  if (!stream_.is_open()) return Status();
  stream_.close();
  if (stream_.good()) return Status();
  return Status(Code::kUnavailable,
                fmt::format("cannot write {}: is the disk full?", part_.string()));
}

Status ModelOutput::Finish() {
  DESCENT_RETURN_IF_ERROR(CloseFile());
  if (is_directory_) return RenameNoReplace(part_, path_);
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (!error) return Status();
  return Status(Code::kUnavailable,
                fmt::format("cannot rename {}: {}", part_.string(), error.message()));
}

}  // namespace descent
