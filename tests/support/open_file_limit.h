#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace descent {

// While it lives, this process opens no file: who tries finds resources exhausted, as on a full
// disk, whoever runs the test. Files that are open stay so.
class OpenFileLimit {
 public:
  OpenFileLimit() {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit limited = {.rlim_cur = 0, .rlim_max = before_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &limited), 0);
  }
  ~OpenFileLimit() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }
  OpenFileLimit(const OpenFileLimit&) = delete;
  OpenFileLimit& operator=(const OpenFileLimit&) = delete;

 private:
  rlimit before_ = {};
};

}  // namespace descent
