#include "client/doctor/system_file.h"

#include <fstream>
#include <iterator>

namespace descent {

std::string SystemFile(const std::filesystem::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace descent
