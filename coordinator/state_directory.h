#pragma once

#include <filesystem>

#include "common/result.h"

namespace descent {

// The directory where the coordinator keeps its state, private to its owner (mode 0700) and locked:
// two coordinators with one state would both grant steps. The lock ends with the object, and with
// the process however it ends.
class StateDirectory {
 public:
  // Creates it if it is missing. kFailedPrecondition: "… is in use by process N".
  static Result<StateDirectory> Lock(const std::filesystem::path& path);
  // $XDG_STATE_HOME/descent, or ~/.local/state/descent.
  static std::filesystem::path Default();

  StateDirectory(StateDirectory&& other) noexcept;
  StateDirectory& operator=(StateDirectory&&) = delete;
  ~StateDirectory();

  const std::filesystem::path& path() const { return path_; }  // absolute

 private:
  StateDirectory(std::filesystem::path path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace descent
