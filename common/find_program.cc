#include "common/find_program.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace descent {

std::string FindProgram(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream directories(path == nullptr ? "/usr/bin" : path);
  for (std::string directory; std::getline(directories, directory, ':');) {
    const std::filesystem::path program = std::filesystem::path(directory) / name;
    if (access(program.c_str(), X_OK) == 0) return program.string();
  }
  return "";
}

}  // namespace descent
