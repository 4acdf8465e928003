#include "tests/fuzz/input_file.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "common/check.h"

namespace descent {

InputFile::InputFile(std::string_view bytes) : descriptor_(memfd_create("input", MFD_CLOEXEC)) {
  DESCENT_CHECK(descriptor_ >= 0);
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    DESCENT_CHECK(count > 0);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

InputFile::~InputFile() { close(descriptor_); }

std::filesystem::path InputFile::path() const {
  return "/proc/self/fd/" + std::to_string(descriptor_);
}

}  // namespace descent
