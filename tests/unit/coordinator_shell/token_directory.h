#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "coordinator/store.h"
#include "coordinator/token_store.h"
#include "tests/support/temporary_directory.h"

namespace descent {

// Tokens in a directory of their own.
class TokenDirectory {
 public:
  TokenDirectory() {
    EXPECT_TRUE(Store::Open(path_).ok());
    Result<std::unique_ptr<TokenStore>> opened = TokenStore::Open(path_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    store_ = std::move(opened).value();
  }

  TokenStore& store() const { return *store_; }

 private:
  const TemporaryDirectory directory_;
  const std::filesystem::path path_ = directory_.path() / "state.db";
  std::unique_ptr<TokenStore> store_;
};

}  // namespace descent
