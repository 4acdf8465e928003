#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace descent {

// An empty directory that is removed with all it holds at the end of the scope.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory(testing::TempDir()) {}
  // `parent` ends with a slash.
  explicit TemporaryDirectory(const std::string& parent) {
    std::string name = parent + "descent-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace descent
