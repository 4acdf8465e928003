#include "tests/support/temporary_directory.h"

#include <cstdlib>
#include <string>

#include "common/check.h"

namespace descent {

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "descent-test-XXXXXX";
  DESCENT_CHECK(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace descent
