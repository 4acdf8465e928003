#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/status.h"

namespace descent {

// Where an export goes: a file, or a new directory for several. It is written as NAME.part, which
// becomes NAME once it is whole: nobody ever reads half a model. Blocks; one thread.
class ModelOutput {
 public:
  ModelOutput(const std::filesystem::path& path, bool is_directory);
  ~ModelOutput();  // what is not finished goes
  ModelOutput(const ModelOutput&) = delete;
  ModelOutput& operator=(const ModelOutput&) = delete;

  // kInvalidArgument: the directory is there already. Others: as of common/file.h.
  Status Begin();
  // The next bytes of `file`, which is one component of a path. Files come one after the other.
  Status Write(const std::string& file, std::string_view bytes);
  Status Finish();

 private:
  Status CloseFile();

  const std::filesystem::path path_;
  const std::filesystem::path part_;
  const bool is_directory_;
  std::string file_;  // that is being written
  std::ofstream stream_;
};

}  // namespace descent
